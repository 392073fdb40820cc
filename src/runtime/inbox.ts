// SPDX-License-Identifier: MIT

/**
 * Things on their way to one reader, who gets together what was added since it last asked: one turn of the queue
 * of microtasks for a crowd, not one for each. Ends when `signal` aborts; what was not read by then is dropped.
 */
export class Inbox<T> implements AsyncIterable<readonly T[]> {
  readonly #signal: AbortSignal;
  #waiting: T[] = [];
  #wake: (() => void) | null = null;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  add(thing: T): void {
    this.#waiting.push(thing);
    this.#wake?.();
    this.#wake = null;
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly T[]> {
    return { next: () => this.#next() };
  }

  async #next(): Promise<IteratorResult<readonly T[]>> {
    if (this.#waiting.length === 0 && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#signal.aborted) return { done: true, value: undefined };
    const value = this.#waiting;
    this.#waiting = [];
    return { done: false, value };
  }
}
