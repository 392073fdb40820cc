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
