// SPDX-License-Identifier: MIT
import { rankOf, seedOf } from './rank.js';
import { sharesOf, type Weighted } from './shares.js';

const NOTHING_HELD: ReadonlyMap<string, number> = new Map();

/**
 * Slots in an order to be drawn in turn: whoever is furthest behind its share comes next, so that a member of
 * weight 2 among 1s reads `a b a c`, never `a a b c`.
 */
export function smoothHomes(members: readonly Weighted[], count: number): string[] {
  const shares = [...sharesOf(members, NOTHING_HELD, count)];
  const credits = shares.map(() => 0);
  return Array.from({ length: count }, () => {
    let next = 0;
    shares.forEach(([, share], index) => {
      credits[index]! += share;
      if (credits[index]! > credits[next]!) next = index;
    });
    credits[next]! -= count;
    return shares[next]![0];
  });
}

/**
 * Slots by rank: each goes to the member that wants it most, among those that have not got their share yet. A
 * member more or less changes few homes but its own. `slots` are the slots' numbers, by default 0 to count - 1.
 */
export function hashedHomes(
  members: readonly Weighted[],
  count: number,
  slots?: readonly number[],
): string[] {
  const open = [...sharesOf(members, NOTHING_HELD, count)].map(([key, left]) => ({
    key,
    left,
    seed: seedOf(key),
  }));
  return Array.from({ length: count }, (_, index) => {
    const slot = slots?.[index] ?? index;
    let best = open[0]!;
    let bestRank = -1;
    for (const candidate of open) {
      const rank = candidate.left > 0 ? rankOf(candidate.seed, slot) : -1;
      if (rank > bestRank) {
        best = candidate;
        bestRank = rank;
      }
    }
    best.left--;
    return best.key;
  });
}
