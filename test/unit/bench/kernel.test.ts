// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Listed, wrongsIn } from '../../../bench/day/kernel.js';

const a = { address: '10.9.2.11', port: 10_000 };
const b = { address: '10.9.2.12', port: 10_000 };
const services = [{ id: 'c0/s', listen: { address: '192.0.2.10', port: 1000 }, members: [a, b] }];
const concat = (...parts: readonly unknown[]) => ({ concat: parts });

/** As nft lists a service whose slots lead to these members. */
function listing(slots: readonly string[], { mod = slots.length, refused = false } = {}): Listed[] {
  const key = ['192.0.2.10', 'tcp', 1000] as const;
  return [
    { map: { name: 'svc4', elem: [[concat(...key), { goto: { target: 'random-4-2' } }]] } },
    {
      map: {
        name: 'slots4-3',
        elem: slots.map((address, slot) => [concat(...key, slot), concat(address, 10_000)] as const),
      },
    },
    { set: { name: 'refuse4', elem: refused ? [concat(...key)] : [] } },
    {
      rule: {
        chain: 'random-4-2',
        expr: [{ dnat: { addr: { map: { key: { numgen: { mod } }, data: '@slots4-3' } } } }],
      },
    },
  ];
}

const wrongs = (listed: readonly Listed[], ...serving: readonly object[]) =>
  wrongsIn(listed, services, (member) => serving.includes(member));

void test('the kernel is right when exactly the serving members have slots', () => {
  assert.deepEqual(wrongs(listing([a.address, b.address]), a, b), []);
  assert.deepEqual(wrongs(listing([b.address, b.address]), b), []);
  assert.deepEqual(wrongs(listing([], { refused: true })), []);
});

void test('each way to be wrong is told', () => {
  assert.equal(wrongs(listing([a.address, b.address]), a).length, 1, 'a dead member has a slot');
  assert.equal(wrongs(listing([a.address, a.address]), a, b).length, 1, 'a serving member has none');
  assert.equal(wrongs(listing([a.address, b.address], { mod: 3 }), a, b).length, 1, 'a slot leads nowhere');
  assert.equal(wrongs(listing([a.address, b.address], { mod: 1 }), a, b).length, 1, 'a slot is never drawn');
  assert.equal(wrongs(listing([a.address], { refused: true }), a).length, 1, 'it refuses without need');
  assert.equal(wrongs(listing([a.address])).length, 1, 'nobody serves, and it deals');
  assert.equal(wrongs([], a).length, 1, 'it does not know the service');
});
