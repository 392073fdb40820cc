// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { interleave } from '../../../bench/kit/rounds.js';
import { median, percentile, ratioOfPairs } from '../../../bench/kit/statistics.js';
import { table } from '../../../bench/kit/table.js';

void test('the median is a value that was measured', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2);
  assert.equal(median([7]), 7);
});

void test('a percentile is the least value that so many do not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, nth) => 100 - nth);
  assert.equal(percentile(hundred, 99), 99);
  assert.equal(percentile(hundred, 100), 100);
  assert.equal(percentile(hundred, 0), 1);
  assert.equal(percentile([1, 1000], 99), 1000);
  assert.throws(() => percentile([], 50));
});

void test('a slow round does not change the ratio of its pair', () => {
  assert.equal(ratioOfPairs([2, 20, 3], [1, 10, 1.5]), 2);
  assert.throws(() => ratioOfPairs([1, 2], [1]));
});

void test('every way is measured once a round, and each round begins with another', async () => {
  const order: string[] = [];
  const values = await interleave(3, ['a', 'b'], (way, round) => {
    order.push(way);
    return `${way}${round}`;
  });
  assert.deepEqual(order, ['a', 'b', 'b', 'a', 'a', 'b']);
  assert.deepEqual(values, { a: ['a0', 'a1', 'a2'], b: ['b0', 'b1', 'b2'] });
});

void test('a table is Markdown with columns in line', () => {
  const text = table(
    ['way', 'us'],
    [
      ['one', '1.5'],
      ['another', '12.0'],
    ],
  );
  assert.equal(
    text,
    ['| way     |   us |', '| ------- | ---: |', '| one     |  1.5 |', '| another | 12.0 |'].join('\n'),
  );
});
