// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { History } from '../../../bench/day/history.js';
import { judge, noticeTimes } from '../../../bench/day/judge.js';

const a = { address: '10.9.2.11', port: 10_000 };
const b = { address: '10.9.2.12', port: 10_000 };
const services = [{ id: 'c0/s', listen: { address: '192.0.2.10', port: 1000 }, members: [a, b] }];
const failed = (fromMs: number, toMs = fromMs + 10) => ({ service: 0, fromMs, toMs, kind: 'ECONNREFUSED' });

/** `a` serves from 0 to 10,000 and again from 20,000; `b` from 0 to 30,000. */
const history = new History();
history.changed(a, 0);
history.changed(b, 0);
history.changed(a, 10_000);
history.changed(a, 20_000);
history.changed(b, 30_000);

/** The daemon saw `a` fall after a second, and `b` never. */
const notices = {
  downSince: (endpoint: string, fromMs: number) =>
    endpoint === 'c0/s/m0' && fromMs <= 11_000 ? 11_000 : null,
};

const sorted = (fromMs: number, toMs?: number) => {
  const { withoutMember, unnoticed, inexcusable } = judge([failed(fromMs, toMs)], services, history, notices);
  return [withoutMember.length, unnoticed.length, inexcusable.length];
};

void test('a failure is excused until the stop of a member is noticed, and no longer', () => {
  assert.deepEqual(sorted(10_500), [0, 1, 0]);
  assert.deepEqual(sorted(9_995), [0, 1, 0], 'it fell in the midst');
  assert.deepEqual(sorted(11_400), [0, 1, 0], 'the rules take a moment');
  assert.deepEqual(sorted(13_500), [0, 0, 1]);
  assert.deepEqual(sorted(40_000), [0, 1, 0], 'one that is never noticed');
});

void test('without a fall there is no excuse', () => {
  assert.deepEqual(sorted(5_000), [0, 0, 1]);
  assert.deepEqual(sorted(21_000), [0, 0, 1], 'a member that comes back fails nobody');
});

void test('a service without a member that has served for a while has to fail', () => {
  const alone = new History();
  alone.changed(b, 0);
  const { withoutMember } = judge([failed(1000)], services, alone, notices);
  assert.equal(withoutMember.length, 1);
});

void test('how long a stop was unseen is told where it was seen', () => {
  assert.deepEqual(noticeTimes(services, history, notices), [1000]);
});

void test('who serves now, and who served through', () => {
  assert.equal(history.isUp(a), true);
  assert.equal(history.isUp(b), false);
  assert.equal(history.servedThrough(a, 0, 9_999), true);
  assert.equal(history.servedThrough(a, 0, 10_000), false);
  assert.equal(history.servedThrough(a, 15_000, 16_000), false);
});
