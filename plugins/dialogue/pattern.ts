// SPDX-License-Identifier: MIT

/**
 * Something to find in a stream of bytes. A search is fed the bytes as they arrive and answers how many of all
 * bytes fed so far end the shortest match; {@link MISSING}: not yet; {@link HOPELESS}: never, whatever follows.
 */
export interface Pattern {
  /** As the operator wrote it. */
  readonly text: string;
  search(): Search;
}

export interface Search {
  feed(chunk: Uint8Array): number;
}

export const MISSING = -1;
export const HOPELESS = -2;

/** Whether `bytes`, all there will ever be, hold a match. */
export function holds(pattern: Pattern, bytes: Uint8Array): boolean {
  return pattern.search().feed(bytes) >= 0;
}
