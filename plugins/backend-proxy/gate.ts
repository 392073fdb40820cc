// SPDX-License-Identifier: MIT

/** Lets so many in at a time, and says once per rush that it is full. */
export class Gate {
  readonly #limit: number;
  readonly #onFull: () => void;
  #inside = 0;
  #told = false;

  constructor(limit: number, onFull: () => void) {
    this.#limit = limit;
    this.#onFull = onFull;
  }

  /** True: inside, and {@link leave} must follow. */
  enter(): boolean {
    if (this.#inside < this.#limit) {
      this.#inside += 1;
      return true;
    }
    if (!this.#told) this.#onFull();
    this.#told = true;
    return false;
  }

  leave(): void {
    this.#inside -= 1;
    // The rush is over when there is room again for a tenth, so that a full house isn't told at every door.
    if (this.#inside <= this.#limit * 0.9) this.#told = false;
  }
}
