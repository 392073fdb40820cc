// SPDX-License-Identifier: MIT
/** The few statistics that the measurements report. */

/** The middle value: the upper one of two. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The smallest value that at least `percent` of all don't exceed (nearest rank). */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new Error('no values to take a percentile of');
  const rank = Math.max(1, Math.ceil((percent / 100) * values.length));
  return values.toSorted((a, b) => a - b)[rank - 1]!;
}

/**
 * How many times the one costs what the other does: the median of the ratios of values measured in the same round,
 * so that what slowed a whole round cancels out.
 */
export function ratioOfPairs(values: readonly number[], others: readonly number[]): number {
  if (values.length !== others.length) throw new Error('values of different rounds are no pairs');
  return median(values.map((value, round) => value / others[round]!));
}
