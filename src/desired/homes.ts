// SPDX-License-Identifier: MIT
import { rankOf, seedOf } from './rank.js';
import { sharesOf, type Weighted } from './shares.js';

const NOTHING_HELD: ReadonlyMap<string, number> = new Map();

/**
 * Slots in an order to be drawn in turn: at no point has a member got a whole slot more or less than its share
 * so far. A share of k in n cuts the slots into k windows with one slot in each; of the windows that have
 * begun, the one that ends first is served (earliest deadline first, which misses none; Baruah et al.,
 * "Proportionate progress", 1996).
 */
export function smoothHomes(members: readonly Weighted[], count: number): string[] {
  const turns = [...sharesOf(members, NOTHING_HELD, count)]
    .filter(([, share]) => share > 0)
    .map(([key, share]) => ({ key, share, taken: 0 }));
  return Array.from({ length: count }, (_, slot) => {
    let next = turns[0]!;
    let firstEnd = Number.POSITIVE_INFINITY;
    for (const turn of turns) {
      const begin = Math.floor((turn.taken * count) / turn.share);
      const end = Math.ceil(((turn.taken + 1) * count) / turn.share);
      if (begin <= slot && turn.taken < turn.share && end < firstEnd) {
        next = turn;
        firstEnd = end;
      }
    }
    next.taken++;
    return next.key;
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
