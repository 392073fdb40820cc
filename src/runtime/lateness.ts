// SPDX-License-Identifier: MIT
import type { LatenessStatus } from '../status.js';

/** Upper bounds of the buckets; the last one takes the rest. */
const BOUNDS_MS = [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 200, 500, 1_000, 2_000, 5_000, Infinity];
const WINDOW_MS = 60_000;

interface Window {
  readonly fromMs: number;
  readonly counts: Uint32Array;
  mostMs: number;
}

/**
 * How late things begin after they are due, over the last one to two minutes. A note costs a few nanoseconds; a
 * percentile is the upper bound of its bucket, and never more than the most that was seen.
 */
export class Lateness {
  #now: Window = windowFrom(0);
  #before: Window = windowFrom(0);
  #total = 0;

  /** Everything ever noted. */
  get total(): number {
    return this.#total;
  }

  note(lateMs: number, nowMs: number): void {
    if (nowMs - this.#now.fromMs >= WINDOW_MS) this.#turn(nowMs);
    let bucket = 0;
    while (BOUNDS_MS[bucket]! < lateMs) bucket += 1;
    this.#now.counts[bucket]! += 1;
    if (lateMs > this.#now.mostMs) this.#now.mostMs = lateMs;
    this.#total += 1;
  }

  /** Null when nothing was noted lately. */
  report(nowMs: number): LatenessStatus | null {
    if (nowMs - this.#now.fromMs >= WINDOW_MS) this.#turn(nowMs);
    const counts = BOUNDS_MS.map((_, bucket) => this.#now.counts[bucket]! + this.#before.counts[bucket]!);
    const all = counts.reduce((sum, count) => sum + count, 0);
    if (all === 0) return null;
    const max = Math.round(Math.max(this.#now.mostMs, this.#before.mostMs) * 10) / 10;
    const percentile = (share: number): number => {
      let sum = 0;
      const bucket = counts.findIndex((count) => (sum += count) >= all * share);
      return Math.min(BOUNDS_MS[bucket]!, max);
    };
    return { p50: percentile(0.5), p99: percentile(0.99), max };
  }

  #turn(nowMs: number): void {
    const isNext = nowMs - this.#now.fromMs < 2 * WINDOW_MS;
    this.#before = isNext ? this.#now : windowFrom(nowMs);
    this.#now = windowFrom(nowMs);
  }
}

function windowFrom(fromMs: number): Window {
  return { fromMs, counts: new Uint32Array(BOUNDS_MS.length), mostMs: 0 };
}
