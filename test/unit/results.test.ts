// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Results } from '../../src/runtime/results.js';

const result = (at: number) => ({
  outcome: { verdict: 'pass', reason: `number ${at}` } as const,
  at,
  tookMs: at / 4,
});

test('the last ten of each probe are kept, newest first', () => {
  const results = new Results(2);
  assert.deepEqual(results.of(1), []);
  results.add(1, result(1));
  results.add(1, result(2));
  assert.deepEqual(results.of(1), [result(2), result(1)]);
  for (let at = 3; at <= 25; at += 1) results.add(1, result(at));
  assert.deepEqual(
    results.of(1).map(({ at }) => at),
    [25, 24, 23, 22, 21, 20, 19, 18, 17, 16],
  );
  assert.deepEqual(results.of(0), []);
});

test('equal outcomes are kept once, and those that differ as they came', () => {
  const results = new Results(1);
  const outcomes = [
    { verdict: 'fail', kind: 'timeout', reason: 'late' },
    { verdict: 'fail', kind: 'timeout', reason: 'late' },
    { verdict: 'fail', kind: 'refused', reason: 'late' },
    { verdict: 'inconclusive', reason: 'late' },
    { verdict: 'pass', reason: 'late' },
    { verdict: 'pass', reason: 'late', weight: 2 },
    { verdict: 'pass', reason: 'late', weight: 3 },
  ] as const;
  for (const [at, outcome] of outcomes.entries()) results.add(0, { outcome, at, tookMs: 0 });
  const kept = results.of(0).map(({ outcome }) => outcome);
  assert.deepEqual(kept, outcomes.toReversed());
  assert.equal(kept.at(-1), kept.at(-2));
});
