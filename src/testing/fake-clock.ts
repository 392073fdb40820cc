// SPDX-License-Identifier: MIT
import type { Clock } from '../plugin/api.js';

interface Waiting {
  readonly dueMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until a test moves it. Callbacks run in the order of their due times, those of one
 * time in the order in which they were asked for.
 */
export class FakeClock implements Clock {
  readonly #waiting = new Set<Waiting>();
  #nowMs = 0;
  #sequence = 0;
  #epochMs: number;

  /** @param epochMs wall clock at monotonic 0, in ms since the epoch */
  constructor(epochMs = Date.UTC(2026, 0, 1)) {
    this.#epochMs = epochMs;
  }

  now(): number {
    return this.#epochMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Disposable {
    this.#sequence += 1;
    const waiting = { dueMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence, callback };
    this.#waiting.add(waiting);
    return { [Symbol.dispose]: () => void this.#waiting.delete(waiting) };
  }

  /** How many callbacks wait. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** Lets time pass; after every callback, promises and the loop's other work settle. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#waiting.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      await settle();
    }
    this.#nowMs = endMs;
  }

  /** Time passes in which nothing runs, as when the event loop is blocked: what fell due comes late. */
  stall(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Somebody sets the wall clock; monotonic time doesn't notice. */
  setWallClock(epochMs: number): void {
    this.#epochMs = epochMs - this.#nowMs;
  }

  #next(endMs: number): Waiting | undefined {
    let first: Waiting | undefined;
    for (const waiting of this.#waiting) {
      if (waiting.dueMs <= endMs && (first === undefined || comesBefore(waiting, first))) first = waiting;
    }
    return first;
  }
}

function comesBefore(a: Waiting, b: Waiting): boolean {
  return a.dueMs === b.dueMs ? a.sequence < b.sequence : a.dueMs < b.dueMs;
}

/** A few turns of the real event loop, so that what a callback set off has come to rest. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
}
