// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Overrides, readOverrides } from '../../src/runtime/admin.js';
import { FakeClock } from '../../src/testing/fake-clock.js';

const endpoint = { id: 'shop/http/a', cluster: 'shop', member: 'a' };
const other = { id: 'shop/tls/a', cluster: 'shop', member: 'a' };

function overrides(clock = new FakeClock(), changed: (target: string) => void = () => undefined): Overrides {
  return new Overrides(clock, [], changed);
}

test('a word on a member holds for all of its endpoints, a word on one endpoint above it', () => {
  const all = overrides();
  all.decide('shop/a', 'drain', null, 'enabled');
  all.decide('shop/http/a', 'disabled', null, 'drain');
  assert.equal(all.of(endpoint)?.admin, 'disabled');
  assert.equal(all.of(other)?.admin, 'drain');
});

test('enable takes words back, those on single endpoints of the member too', () => {
  const all = overrides();
  all.decide('shop/a', 'drain', null, 'enabled');
  all.decide('shop/http/a', 'disabled', null, 'drain');
  assert.equal(all.decide('shop/a', 'enabled', null, 'enabled'), null);
  assert.deepEqual(all.all(), []);
});

test('enable stays as a word where the configuration says otherwise', () => {
  const all = overrides();
  all.decide('shop/a', 'enabled', null, 'disabled');
  assert.equal(all.of(endpoint)?.admin, 'enabled');
});

test('a word for a time ends by itself and says so, even after more than the longest timer', async () => {
  const clock = new FakeClock();
  const ended: string[] = [];
  const all = overrides(clock, (target) => ended.push(target));
  const days = 24 * 3_600_000;
  all.decide('shop/a', 'drain', 40 * days, 'enabled');
  await clock.advance(39 * days);
  assert.equal(all.of(endpoint)?.admin, 'drain');
  await clock.advance(2 * days);
  assert.equal(all.of(endpoint), null);
  assert.deepEqual(ended, ['shop/a']);
});

test('what was saved goes on, with the rest of its time', async () => {
  const clock = new FakeClock();
  const saved = {
    target: 'shop/a',
    admin: 'drain',
    since: clock.now() - 1_000,
    until: clock.now() + 1_000,
  } as const;
  const all = new Overrides(clock, [saved], () => undefined);
  assert.equal(all.of(endpoint)?.admin, 'drain');
  await clock.advance(1_500);
  assert.equal(all.of(endpoint), null);
});

test('a damaged line of the saved overrides costs no other', () => {
  const good = { target: 'shop/a', admin: 'drain', since: 1, until: null };
  const damaged = [
    'null',
    '{}',
    '"x"',
    '{"target":"shop/b","adm',
    '5',
    JSON.stringify({ ...good, admin: 'x' }),
  ];
  const lines = [...damaged, JSON.stringify(good), JSON.stringify({ ...good, until: 'soon' })];
  assert.deepEqual(readOverrides(`${lines.join('\n')}\n`), { overrides: [good], damaged: 7 });
});
