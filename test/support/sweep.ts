// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Prober } from '../../src/plugin/api.js';

/** Sweeps these batches, one after the other, to the end; answers what was reported, in that order. */
export async function sweep(
  prober: Prober,
  batches: readonly (readonly CheckTarget[])[],
  signal: AbortSignal = AbortSignal.timeout(30_000),
): Promise<(readonly [CheckTarget, CheckOutcome])[]> {
  if (prober.probeMany === undefined) throw new Error('this check has no sweep form');
  const reports: (readonly [CheckTarget, CheckOutcome])[] = [];
  await prober.probeMany(inTurn(batches), (target, outcome) => reports.push([target, outcome]), signal);
  return reports;
}

async function* inTurn(batches: readonly (readonly CheckTarget[])[]): AsyncGenerator<readonly CheckTarget[]> {
  for (const batch of batches) {
    yield batch;
    await new Promise(setImmediate);
  }
}
