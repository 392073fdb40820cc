// SPDX-License-Identifier: MIT
import type { Clock } from '../plugin/api.js';

/** Starting what is due may take so long before the loop gets its turn. */
const TURN_MS = 4;

interface Entry<T> {
  readonly dueMs: number;
  readonly item: T;
}

/**
 * Runs each item when it is due, on the monotonic clock, with one timer for all: a binary heap ordered by due
 * time. Scheduling an item again moves it; entries it leaves behind are skipped when they surface.
 */
export class Scheduler<T extends object> implements Disposable {
  readonly #clock: Clock;
  readonly #run: (item: T, dueMs: number) => void;
  readonly #heap: Entry<T>[] = [];
  readonly #current = new Map<T, Entry<T>>();
  #timer: Disposable | null = null;
  #timerDueMs = Infinity;

  constructor(clock: Clock, run: (item: T, dueMs: number) => void) {
    this.#clock = clock;
    this.#run = run;
  }

  schedule(item: T, dueMs: number): void {
    const entry = { dueMs, item };
    this.#current.set(item, entry);
    this.#push(entry);
    this.#arm();
  }

  cancel(item: T): void {
    this.#current.delete(item);
  }

  /** When the item is due, on the monotonic clock; null when it is not scheduled. */
  dueMs(item: T): number | null {
    return this.#current.get(item)?.dueMs ?? null;
  }

  /** Ends all runs; when items were due stays known. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#heap.length = 0;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || (this.#timer !== null && this.#timerDueMs <= first.dueMs)) return;
    this.#timer?.[Symbol.dispose]();
    this.#timerDueMs = first.dueMs;
    this.#timer = this.#clock.after(Math.max(0, first.dueMs - this.#clock.monotonicMs()), () => this.#fire());
  }

  /** A crowd that is due at once is let in over several turns of the loop. */
  #fire(): void {
    this.#timer = null;
    const nowMs = this.#clock.monotonicMs();
    const endMs = performance.now() + TURN_MS;
    for (let first = this.#heap[0]; first !== undefined && first.dueMs <= nowMs; first = this.#heap[0]) {
      if (performance.now() > endMs) break;
      this.#pop();
      if (this.#current.get(first.item) !== first) continue;
      this.#current.delete(first.item);
      this.#run(first.item, first.dueMs);
    }
    this.#arm();
  }

  #push(entry: Entry<T>): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.dueMs <= entry.dueMs) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.dueMs < heap[child]!.dueMs) child += 1;
      if (heap[child]!.dueMs >= last.dueMs) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}
