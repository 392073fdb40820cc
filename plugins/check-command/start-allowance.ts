// SPDX-License-Identifier: MIT
import type { Clock } from 'sluice';

/** So many starts may follow each other at once… */
const AT_ONCE = 10;
/** …and one more each half second. */
const EVERY_MS = 500;

/** How often a co-process may be started again: one that dies at once must not cost a process for each probe. */
export class StartAllowance {
  readonly #clock: Clock;
  #left = AT_ONCE;
  #countedMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#countedMs = clock.monotonicMs();
  }

  /** Resolves when one may start. For one caller at a time. */
  async take(): Promise<void> {
    for (;;) {
      const restMs = this.#count();
      if (this.#left > 0) break;
      await new Promise<void>((resolve) => void this.#clock.after(restMs, resolve));
    }
    this.#left -= 1;
  }

  /** Adds what has been earned; how long it is until the next one is. */
  #count(): number {
    const nowMs = this.#clock.monotonicMs();
    const earned = Math.floor((nowMs - this.#countedMs) / EVERY_MS);
    this.#left = Math.min(AT_ONCE, this.#left + earned);
    this.#countedMs = this.#left === AT_ONCE ? nowMs : this.#countedMs + earned * EVERY_MS;
    return this.#countedMs + EVERY_MS - nowMs;
  }
}
