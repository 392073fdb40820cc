// SPDX-License-Identifier: MIT
import type { Clock } from 'sluice';

/** A timer that is only ever brought forward, or let run out. */
export class LookTimer implements Disposable {
  readonly #clock: Clock;
  readonly #look: () => void;
  #waiting: Disposable | null = null;
  #atMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, look: () => void) {
    this.#clock = clock;
    this.#look = look;
  }

  /** Looks no later than `atMs` on the monotonic clock. */
  by(atMs: number, nowMs: number): void {
    if (atMs >= this.#atMs) return;
    this.cancel();
    this.#atMs = atMs;
    this.#waiting = this.#clock.after(Math.max(0, atMs - nowMs), () => {
      this.#waiting = null;
      this.#atMs = Number.POSITIVE_INFINITY;
      this.#look();
    });
  }

  cancel(): void {
    this.#waiting?.[Symbol.dispose]();
    this.#waiting = null;
    this.#atMs = Number.POSITIVE_INFINITY;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}
