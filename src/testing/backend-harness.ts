// SPDX-License-Identifier: MIT
import type { AddressFrontend, Family, Protocol, VirtualService } from '../virtual-service.js';

/**
 * What the kit must know of an engine to try a backend on it. Tests run one after the other; each begins and
 * ends with an engine that holds nothing of ours.
 */
export interface BackendHarness {
  /** Options for `create`; the schema's defaults fill the rest. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Why nothing can be tried here (no privileges, say); skips all but the declarations. */
  readonly skip?: string;
  /** The n-th place to listen on (n from 0, below 16): the same n, the same place, and nobody else's. */
  frontend(index: number, family: Family, protocol: Protocol): AddressFrontend;
  /** The n-th member (n from 0, below 16). Nobody needs to answer there. */
  member(index: number, family: Family): { readonly address: string; readonly port: number };
  /** What is held outlives the backend object, as in a kernel: a new one finds it. Default false. */
  readonly outlivesInstance?: boolean;
  /** All that the engine holds, ours and foreign, as text that changes only when that does. */
  inspect?(): Promise<string>;
  /** Puts something foreign beside ours; `look` shows it as it is. Removed by disposing. */
  foreign?(): Promise<AsyncDisposable & { look(): Promise<string> }>;
  /** Makes the engine refuse this service (takes its port, say), until disposed. */
  refuse?(service: VirtualService): Promise<AsyncDisposable>;
  /** Changes behind the backend's back what it holds; it must tell by `onDrift`. */
  interfere?(): Promise<void>;
}
