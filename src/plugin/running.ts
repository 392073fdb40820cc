// SPDX-License-Identifier: MIT
/**
 * Whose code runs. Every call into a plugin goes through {@link running}, so that a held event loop, an
 * exception from a plugin's own timer and a socket nobody closed can all be laid at the right door.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import type { FaultReport } from './faults.js';

/** Synchronous work of a plugin beyond this delays everybody's probes. */
export const BLOCKED_MS = 50;

export interface Caller {
  /** `kind/name`. */
  readonly plugin: string;
  /** The call or hook: `probe`, `apply`, `healthChanged`, … */
  readonly hook: string;
}

export interface FaultSink {
  add(report: FaultReport): unknown;
}

const callers = new AsyncLocalStorage<Caller>();

/**
 * Runs a plugin's code; what it throws passes through. If its synchronous part holds the event loop for more
 * than {@link BLOCKED_MS}, that is filed as a fault. A call from inside another counts towards the inner one only.
 */
export function running<T>(plugin: string, hook: string, faults: FaultSink, run: () => T): T {
  const startedMs = performance.now();
  const innerBefore = innerMs;
  try {
    return callers.run({ plugin, hook }, run);
  } finally {
    const tookMs = performance.now() - startedMs;
    const ownMs = tookMs - (innerMs - innerBefore);
    innerMs = innerBefore + tookMs;
    if (ownMs > BLOCKED_MS) fileBlock({ plugin, hook }, ownMs, faults);
  }
}

/** Total time spent in finished calls of plugins, to take nested calls off the outer one's account. */
let innerMs = 0;

let blocked: { readonly caller: Caller; readonly toMs: number } | null = null;

/** Files that a plugin has held the event loop until now. */
export function fileBlock(caller: Caller, heldMs: number, faults: FaultSink): void {
  faults.add({ ...caller, kind: 'blocked', message: `held the event loop for ${Math.round(heldMs)} ms` });
  blocked = { caller, toMs: performance.now() };
}

/** The plugin whose code runs now, or in whose name the present callback was scheduled. */
export function currentCaller(): Caller | undefined {
  return callers.getStore();
}

/** The plugin that last held the event loop, if it did so after `sinceMs` on the monotonic clock. */
export function lastBlocker(sinceMs: number): Caller | undefined {
  return blocked !== null && blocked.toMs >= sinceMs ? blocked.caller : undefined;
}
