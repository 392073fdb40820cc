// SPDX-License-Identifier: MIT
import { createHook } from 'node:async_hooks';
import { performance } from 'node:perf_hooks';
import type { Clock } from './api.js';
import { BLOCKED_MS, type Caller, currentCaller, fileBlock, type FaultSink, lastBlocker } from './running.js';

/** What blocks once mostly blocks again within this. */
const WATCH_MS = 30_000;

interface Callback {
  readonly startedMs: number;
  readonly caller: Caller | undefined;
}

/**
 * Finds the plugin that holds the event loop in a callback of its own: after an await, in a timer, in an event.
 * Timing every callback of the process costs too much for always, so it happens only for half a minute after a
 * block that nobody has answered for.
 */
export class BlockWatch implements Disposable {
  readonly #faults: FaultSink;
  readonly #clock: Clock;
  readonly #running: Callback[] = [];
  #end: Disposable | null = null;
  readonly #hook = createHook({
    before: () => {
      this.#running.push({ startedMs: performance.now(), caller: currentCaller() });
    },
    after: () => {
      const callback = this.#running.pop();
      if (callback !== undefined) this.#judge(callback);
    },
  });

  constructor(faults: FaultSink, clock: Clock) {
    this.#faults = faults;
    this.#clock = clock;
  }

  /** The loop was held, and {@link lastBlocker} knows of nobody: watch for a while. */
  suspect(): void {
    if (this.#end === null) this.#hook.enable();
    else this.#end[Symbol.dispose]();
    this.#end = this.#clock.after(WATCH_MS, () => this[Symbol.dispose]());
  }

  [Symbol.dispose](): void {
    this.#end?.[Symbol.dispose]();
    this.#end = null;
    this.#hook.disable();
    this.#running.length = 0;
  }

  #judge({ startedMs, caller }: Callback): void {
    const heldMs = performance.now() - startedMs;
    // A guarded call within this callback has answered for itself already.
    if (heldMs <= BLOCKED_MS || caller === undefined || lastBlocker(startedMs) !== undefined) return;
    fileBlock(caller, heldMs, this.#faults);
  }
}
