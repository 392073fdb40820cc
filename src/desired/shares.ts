// SPDX-License-Identifier: MIT

export interface Weighted {
  readonly key: string;
  readonly weight: number;
}

/**
 * How many of `count` slots each member gets: its exact share rounded down or up, at least one where there are
 * enough. Of all such divisions it is the one nearest to what the members hold already (from nothing, that of
 * the largest remainders), so that as few slots move as possible. `members` are ordered and have weight > 0.
 */
export function sharesOf(
  members: readonly Weighted[],
  held: ReadonlyMap<string, number>,
  count: number,
): Map<string, number> {
  const total = members.reduce((sum, member) => sum + member.weight, 0);
  const shares = members.map(({ key, weight }) => {
    const exact = (count * weight) / total;
    // A quotient a rounding error below a whole number is that number.
    const least = Math.max(Math.floor(exact + 1e-9), 1);
    const most = Math.max(Math.ceil(exact - 1e-9), 1);
    return { key, weight, exact, least, most, slots: Math.min(Math.max(held.get(key) ?? 0, least), most) };
  });
  let missing = count - shares.reduce((sum, share) => sum + share.slots, 0);
  // Sorting is stable, so that equals go by the order of the keys.
  const byNeed = shares.toSorted((a, b) => b.exact - b.slots - (a.exact - a.slots));
  for (const share of byNeed) {
    if (missing > 0 && share.slots < share.most) {
      share.slots++;
      missing--;
    }
  }
  for (const share of byNeed.toReversed()) {
    if (missing < 0 && share.slots > share.least) {
      share.slots--;
      missing++;
    }
  }
  // Only when one slot for everybody is more than the smallest are due: the largest pay for it, and when
  // there are fewer slots than members, the smallest go without.
  while (missing < 0) {
    const largest = shares.reduce((best, share) => (share.slots > best.slots ? share : best));
    const payer = largest.slots > 1 ? largest : smallestWithSlot(shares);
    payer.slots--;
    missing++;
  }
  return new Map(shares.map(({ key, slots }) => [key, slots]));
}

interface Share extends Weighted {
  slots: number;
}

function smallestWithSlot(shares: readonly Share[]): Share {
  return shares
    .filter((share) => share.slots > 0)
    .reduce((least, share) => (share.weight <= least.weight ? share : least));
}
