// SPDX-License-Identifier: MIT

/** Work beyond this in one turn of the loop is felt by every probe. */
const TURN_MS = 8;

/** Hands out items one by one and gives the loop its turn every few milliseconds of work. */
export async function* gently<T>(items: Iterable<T>): AsyncGenerator<T> {
  let sinceMs = performance.now();
  for (const item of items) {
    yield item;
    if (performance.now() - sinceMs > TURN_MS) {
      await new Promise(setImmediate);
      sinceMs = performance.now();
    }
  }
}
