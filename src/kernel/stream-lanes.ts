// SPDX-License-Identifier: MIT
import type { PooledStream } from './pooled-stream.js';

/** Answers come soon or late: the pause between looks is this share of the youngest connection's age… */
const PAUSE_SHARE = 1 / 8;
/** …and within these bounds. */
const LEAST_PAUSE_MS = 1;
const MOST_PAUSE_MS = 20;

/** So many empty lanes may stay for the next connections of their time-outs. */
const MOST_LANES = 32;

/**
 * Those connections under way that have one time-out, in the order in which they were asked for: so they run out
 * in that order too, and the oldest and the youngest are at the ends.
 */
export class StreamLane {
  readonly timeoutMs: number;
  oldest: PooledStream | null = null;
  youngest: PooledStream | null = null;

  constructor(timeoutMs: number) {
    this.timeoutMs = timeoutMs;
  }

  /** When the first of them runs out. */
  get dueMs(): number {
    return this.oldest === null ? Infinity : this.oldest.startedMs + this.timeoutMs;
  }
}

/** All connections under way, by their time-outs: nothing that is done often walks through them. */
export class StreamLanes {
  readonly #lanes = new Map<number, StreamLane>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(stream: PooledStream, timeoutMs: number): void {
    let lane = this.#lanes.get(timeoutMs);
    if (lane === undefined) {
      if (this.#lanes.size >= MOST_LANES) this.#sweep();
      lane = new StreamLane(timeoutMs);
      this.#lanes.set(timeoutMs, lane);
    }
    stream.lane = lane;
    stream.previous = lane.youngest;
    if (lane.youngest === null) lane.oldest = stream;
    else lane.youngest.next = stream;
    lane.youngest = stream;
    this.#size += 1;
  }

  remove(stream: PooledStream): void {
    const { lane, previous, next } = stream;
    if (lane === null) return;
    if (previous === null) lane.oldest = next;
    else previous.next = next;
    if (next === null) lane.youngest = previous;
    else next.previous = previous;
    stream.lane = null;
    stream.previous = null;
    stream.next = null;
    this.#size -= 1;
  }

  /** When to look for answers next, by the monotonic clock; Infinity: none are out. */
  nextLookMs(nowMs: number): number {
    if (this.#size === 0) return Infinity;
    let youngestMs = -Infinity;
    let dueMs = Infinity;
    for (const lane of this.#lanes.values()) {
      if (lane.youngest !== null) youngestMs = Math.max(youngestMs, lane.youngest.startedMs);
      dueMs = Math.min(dueMs, lane.dueMs);
    }
    const pauseMs = Math.max((nowMs - youngestMs) * PAUSE_SHARE, LEAST_PAUSE_MS);
    return Math.min(nowMs + Math.min(pauseMs, MOST_PAUSE_MS), dueMs);
  }

  /** One that has run out; null: none has. */
  overdue(nowMs: number): PooledStream | null {
    for (const lane of this.#lanes.values()) if (lane.dueMs <= nowMs) return lane.oldest;
    return null;
  }

  #sweep(): void {
    for (const lane of this.#lanes.values()) if (lane.oldest === null) this.#lanes.delete(lane.timeoutMs);
  }
}
