// SPDX-License-Identifier: MIT
import type { RealServer, VirtualService } from './virtual-service.js';

/** Why a real server or a virtual service leaves the kernel. */
export type RemovalReason = 'down' | 'drained' | 'disabled' | 'unconfigured' | 'foreign' | 'withdrawn';

/** One step, for people (`plan`, the journal) and for engines that work step by step (IPVS, IPFilter). */
export type Operation =
  | { readonly op: 'add-service' }
  | { readonly op: 'remove-service'; readonly reason: RemovalReason }
  | { readonly op: 'change-service'; readonly fields: readonly string[] }
  | { readonly op: 'add-member'; readonly member: RealServer }
  | { readonly op: 'remove-member'; readonly member: RealServer; readonly reason: RemovalReason }
  | { readonly op: 'change-member'; readonly before: RealServer; readonly after: RealServer }
  /** Only shares move between members that stay; `moved` of `of` slots get another holder. */
  | { readonly op: 'deal-slots'; readonly moved: number; readonly of: number };

/**
 * All that changes for one virtual service: atomic where the engine can. `operations` lead from `before` to
 * `after` in an order that never leaves the service without members it had on both sides.
 */
export interface ServiceChange {
  readonly key: string;
  readonly service: string;
  readonly before: VirtualService | null;
  readonly after: VirtualService | null;
  readonly operations: readonly Operation[];
}

/** Ordered; a backend may cut it into batches at the boundaries of its changes, never inside one. */
export interface ChangeSet {
  readonly changes: readonly ServiceChange[];
}

export interface ApplyFailure {
  readonly key: string;
  /** An errno name (`EBUSY`) or an error code of the backend's own. */
  readonly code: string;
  readonly message: string;
}

/** What became of a change set: every change's key is in exactly one of the two lists. */
export interface ApplyReport {
  readonly applied: readonly string[];
  readonly failed: readonly ApplyFailure[];
}
