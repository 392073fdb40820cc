// SPDX-License-Identifier: MIT

/**
 * Measures every way once a round, each round beginning with the next way, so that no way always runs first or
 * while the machine does something else. The values of a way stand in the order of the rounds, fit for
 * `ratioOfPairs`.
 */
export async function interleave<W extends string, T>(
  rounds: number,
  ways: readonly W[],
  measure: (way: W, round: number) => T | Promise<T>,
): Promise<Record<W, T[]>> {
  const values = Object.fromEntries(ways.map((way) => [way, []])) as unknown as Record<W, T[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const [nth] of ways.entries()) {
      const way = ways[(nth + round) % ways.length]!;
      values[way].push(await measure(way, round));
    }
  }
  return values;
}
