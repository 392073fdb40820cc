// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limit } from '../../src/runtime/limit.js';

test('at most so many run at once, in the order they came, and a failure frees its place', async () => {
  const limit = new Limit(2);
  const order: number[] = [];
  let most = 0;
  let now = 0;
  const tasks = Array.from({ length: 10 }, (_, index) =>
    limit.run(async () => {
      now += 1;
      most = Math.max(most, now);
      order.push(index);
      await new Promise(setImmediate);
      now -= 1;
      if (index === 3) throw new Error('boom');
    }),
  );
  const results = await Promise.allSettled(tasks);
  assert.equal(most, 2);
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(
    results.flatMap(({ status }, index) => (status === 'rejected' ? [index] : [])),
    [3],
  );
});
