// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dealSlots, slotCount } from '../../src/desired/slots.js';

/** `abc` as members a, b and c of weight 1. */
function members(up: string, all = up): { key: string; weight: number; homeWeight: number }[] {
  return all.split('').map((key) => ({ key, weight: up.includes(key) ? 1 : 0, homeWeight: 1 }));
}

describe('the number of slots', () => {
  it('is the smallest that every set of survivors divides', () => {
    assert.deepEqual(
      [[1], [1, 1], [1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1, 1], [5, 5, 5, 5], [1, 3], [0, 2]].map((weights) =>
        slotCount(weights, 'round-robin'),
      ),
      [1, 2, 6, 12, 60, 12, 12, 1],
    );
  });

  it('is a multiple of the total of at least 100 where that would be too many', () => {
    assert.equal(slotCount([1, 1, 1, 1, 1, 1, 1], 'random'), 105);
    assert.equal(slotCount([256, 1], 'random'), 257);
  });

  it('is as large as the smallest member needs where the total is large', () => {
    assert.equal(slotCount([256, 255, 254, 253, 7], 'random'), 1024);
    assert.equal(slotCount([256, 255, 254, 253, 252, 251, 1], 'random'), 1522);
    assert.equal(slotCount([...Array.from({ length: 20 }, () => 255), 1], 'random'), 4096);
  });

  it('of a source hash stays the same up to a dozen equal members', () => {
    assert.equal(slotCount([1], 'source-hash'), 120);
    assert.equal(
      slotCount(
        Array.from({ length: 12 }, () => 1),
        'source-hash',
      ),
      120,
    );
    assert.equal(
      slotCount(
        Array.from({ length: 13 }, () => 1),
        'source-hash',
      ),
      840,
    );
    assert.equal(slotCount([1, 256], 'source-hash'), 2520);
  });
});

describe('dealing slots', () => {
  it('gives equal members strict turns', () => {
    assert.equal(dealSlots(members('abcd'), 12, null).join(''), 'abcdabcdabcd');
  });

  it('spreads a heavier member over the turns', () => {
    const heavy = [
      { key: 'a', weight: 1 },
      { key: 'b', weight: 2 },
      { key: 'c', weight: 1 },
    ];
    assert.equal(dealSlots(heavy, 12, null).join(''), 'babcbabcbabc');
  });

  it('hands the slots of the dead to the others in turn, and back when it returns', () => {
    const all = dealSlots(members('abcd'), 12, null);
    const three = dealSlots(members('abc', 'abcd'), 12, all);
    assert.equal(three.join(''), 'abcaabcbabcc');
    assert.equal(dealSlots(members('abcd'), 12, three).join(''), 'abcdabcdabcd');
  });

  it('starts as if the absent had just failed, so that a restart without memory deals the same', () => {
    const all = dealSlots(members('abcd'), 120, null, 'hashed');
    const three = dealSlots(members('abc', 'abcd'), 120, all, 'hashed');
    assert.deepEqual(dealSlots(members('abc', 'abcd'), 120, null, 'hashed'), three);
  });

  it('is empty when nobody takes traffic', () => {
    assert.deepEqual(dealSlots(members('', 'ab'), 12, null), []);
  });

  it('has slots for the largest when there are fewer than members', () => {
    const three = ['a', 'b', 'c'].map((key, index) => ({ key, weight: index + 1 }));
    assert.deepEqual(dealSlots(three, 2, null).toSorted(), ['b', 'c']);
  });

  it('gives the smallest one slot at the cost of the largest', () => {
    const uneven = [
      { key: 'a', weight: 1000 },
      { key: 'b', weight: 1 },
      { key: 'c', weight: 1 },
    ];
    assert.deepEqual(dealSlots(uneven, 4, null).toSorted(), ['a', 'a', 'b', 'c']);
  });
});
