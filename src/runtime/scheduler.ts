// SPDX-License-Identifier: MIT
import type { Clock } from '../plugin/api.js';

/** Starting what is due may take so long, or be so many items, before the loop gets its turn. */
const TURN_MS = 4;
const TURN_ITEMS = 250;

interface Entry<T> {
  readonly item: T;
  dueMs: number;
  /** Where it is in the heap; -1 when it is not. */
  place: number;
}

/**
 * Runs each item when it is due, on the monotonic clock, with one timer for all: a binary heap ordered by due
 * time, in which every item has one entry that moves. Scheduling an item again moves it.
 */
export class Scheduler<T extends object> implements Disposable {
  readonly #clock: Clock;
  readonly #run: (item: T, dueMs: number) => void;
  readonly #crowdMs: number;
  readonly #heap: Entry<T>[] = [];
  readonly #entries = new Map<T, Entry<T>>();
  #firedMs = -Infinity;
  #timer: Disposable | null = null;
  #timerDueMs = Infinity;
  #disposed = false;

  /** What is due less than `crowdMs` after items last ran is run then, together, and that much later at most. */
  constructor(clock: Clock, run: (item: T, dueMs: number) => void, crowdMs = 0) {
    this.#clock = clock;
    this.#run = run;
    this.#crowdMs = crowdMs;
  }

  schedule(item: T, dueMs: number): void {
    let entry = this.#entries.get(item);
    if (entry === undefined) {
      entry = { item, dueMs, place: -1 };
      this.#entries.set(item, entry);
    }
    entry.dueMs = dueMs;
    if (entry.place === -1) entry.place = this.#heap.push(entry) - 1;
    this.#rise(entry);
    this.#sink(entry);
    this.#arm();
  }

  cancel(item: T): void {
    const entry = this.#entries.get(item);
    if (entry === undefined) return;
    this.#entries.delete(item);
    this.#takeOut(entry);
  }

  /** When the item is due, on the monotonic clock; null when it is not scheduled. */
  dueMs(item: T): number | null {
    const entry = this.#entries.get(item);
    return entry === undefined || entry.place === -1 ? null : entry.dueMs;
  }

  /** Ends all runs; when items were due stays known. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || this.#disposed) return;
    const fireMs = Math.max(first.dueMs, this.#firedMs + this.#crowdMs);
    if (this.#timer !== null && this.#timerDueMs <= fireMs) return;
    this.#timer?.[Symbol.dispose]();
    this.#timerDueMs = fireMs;
    this.#timer = this.#clock.after(Math.max(0, Math.ceil(fireMs - this.#clock.monotonicMs())), () =>
      this.#fire(),
    );
  }

  /** A crowd that is due at once is let in over several turns of the loop. */
  #fire(): void {
    this.#timer = null;
    const nowMs = this.#clock.monotonicMs();
    const endMs = performance.now() + TURN_MS;
    let rest = TURN_ITEMS;
    this.#firedMs = nowMs;
    for (let first = this.#heap[0]; first !== undefined && first.dueMs <= nowMs; first = this.#heap[0]) {
      if (rest-- === 0 || performance.now() > endMs) {
        // The rest of the crowd has waited already.
        this.#firedMs = -Infinity;
        break;
      }
      this.#takeOut(first);
      this.#run(first.item, first.dueMs);
    }
    this.#arm();
  }

  #takeOut(entry: Entry<T>): void {
    if (entry.place === -1) return;
    const last = this.#heap.pop()!;
    if (last !== entry) {
      last.place = entry.place;
      this.#rise(last);
      this.#sink(last);
    }
    entry.place = -1;
  }

  #rise(entry: Entry<T>): void {
    const heap = this.#heap;
    let { place } = entry;
    while (place > 0) {
      const parent = heap[(place - 1) >> 1]!;
      if (parent.dueMs <= entry.dueMs) break;
      heap[place] = parent;
      [parent.place, place] = [place, parent.place];
    }
    heap[place] = entry;
    entry.place = place;
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap;
    let { place } = entry;
    for (;;) {
      const left = place * 2 + 1;
      if (left >= heap.length) break;
      const isRight = left + 1 < heap.length && heap[left + 1]!.dueMs < heap[left]!.dueMs;
      const child = heap[isRight ? left + 1 : left]!;
      if (child.dueMs >= entry.dueMs) break;
      heap[place] = child;
      [child.place, place] = [place, child.place];
    }
    heap[place] = entry;
    entry.place = place;
  }
}
