// SPDX-License-Identifier: MIT
import type { VirtualService } from 'sluice';

/** The open port of one service. */
export interface Listener {
  /** What it holds. */
  readonly service: VirtualService;
  /** Opens the port at first; then only shares change. Rejects with the system's error, and is closed then. */
  hold(service: VirtualService): Promise<void>;
  /** Frees the port at once. Established TCP connections live on. */
  close(): void;
  /** Server keys of the members whose connections need this port, one for each. */
  members(): Iterable<string>;
}
