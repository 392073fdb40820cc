// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lateness } from '../../src/runtime/lateness.js';

test('percentiles are upper bounds, and never more than the most that was seen', () => {
  const lateness = new Lateness();
  assert.equal(lateness.report(0), null);
  for (let nth = 0; nth < 98; nth += 1) lateness.note(0.4, 0);
  lateness.note(12, 0);
  lateness.note(31, 0);
  assert.deepEqual(lateness.report(0), { p50: 1, p99: 15, max: 31 });
  assert.equal(lateness.total, 100);
});

test('what is more than two minutes ago is forgotten, what is less than one is not', () => {
  const lateness = new Lateness();
  lateness.note(400, 0);
  lateness.note(2, 59_000);
  assert.equal(lateness.report(61_000)?.max, 400);
  lateness.note(3, 119_000);
  assert.equal(lateness.report(119_500)?.max, 400);
  assert.equal(lateness.report(125_000)?.max, 3);
  assert.equal(lateness.report(600_000), null);
  assert.equal(lateness.total, 3);
});
