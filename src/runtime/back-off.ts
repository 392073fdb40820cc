// SPDX-License-Identifier: MIT

const BACKOFF_MS = { least: 200, most: 30_000 };

/** When an engine that failed is asked again: twice as late each time, so that it is left in peace if it needs long. */
export class BackOff {
  /** The shortest wait, in milliseconds. */
  static readonly leastMs = BACKOFF_MS.least;
  readonly #random: () => number;
  #failures = 0;
  #refusing = false;

  /** `random` is in [0, 1), for jitter. */
  constructor(random: () => number) {
    this.#random = random;
  }

  get failing(): boolean {
    return this.#failures > 0;
  }

  /** The engine is well but refuses some services: the others do not wait for those. */
  get refusing(): boolean {
    return this.#refusing;
  }

  failed({ refusing }: { readonly refusing: boolean }): void {
    this.#failures += 1;
    this.#refusing = refusing;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#refusing = false;
  }

  /** `othersWait`: there is news of services that were not refused. */
  delayMs(othersWait: boolean): number {
    if (this.#refusing && othersWait) return BACKOFF_MS.least;
    const longestMs = Math.min(BACKOFF_MS.least * 2 ** (this.#failures - 1), BACKOFF_MS.most);
    return longestMs * (0.5 + this.#random() / 2);
  }
}
