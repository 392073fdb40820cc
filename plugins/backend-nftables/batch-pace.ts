// SPDX-License-Identifier: MIT
/**
 * How many elements go into one batch. A commit holds up the event loop, and what it costs depends on the
 * table (the kernel looks through all chains for every batch that leads to one), so that the size follows what
 * the last took.
 */
export class BatchPace {
  #elements = 500;

  /** Elements that the next batch may have; a service is never cut. */
  get elements(): number {
    return this.#elements;
  }

  /** Learns from a commit of that many elements. */
  took(elements: number, ms: number): void {
    if (elements < this.#elements / 2 && ms < TARGET_MS) return;
    const factor = Math.min(Math.max(TARGET_MS / Math.max(ms, 0.1), 0.2), 1.5);
    this.#elements = Math.round(Math.min(Math.max(this.#elements * factor, LEAST), 2000));
  }
}

const TARGET_MS = 15;
/** Below this a batch costs what the table makes it cost, whatever is in it. */
const LEAST = 400;
