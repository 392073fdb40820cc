// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Doubt } from '../../src/runtime/doubt.js';
import { FakeClock } from '../../src/testing/fake-clock.js';

/** A clock whose timers fire late by what a test says, as a held loop makes them. */
class HeldClock extends FakeClock {
  lateMs = 0;
  override monotonicMs(): number {
    return super.monotonicMs() + this.lateMs;
  }
}

function doubtOn(clock: FakeClock, table: { count: number; max: number } | null = null) {
  const told: (string | null)[] = [];
  const blocks: number[] = [];
  const doubt = new Doubt({
    clock,
    onChange: (unfit) => told.push(unfit),
    onBlock: (blockedMs) => blocks.push(blockedMs),
    connectionTable: () => Promise.resolve(table),
  });
  doubt.start();
  return { doubt, told, blocks };
}

test('a fit daemon is silent', async () => {
  const clock = new FakeClock();
  const { doubt, told, blocks } = doubtOn(clock, { count: 5, max: 100 });
  await clock.advance(20_000);
  assert.equal(doubt.unfit, null);
  assert.deepEqual([told, blocks], [[], []]);
});

test('a held loop is measured, and the time it took is known afterwards', async () => {
  const clock = new HeldClock();
  const { doubt, blocks } = doubtOn(clock);
  await clock.advance(1_000);
  const fromMs = clock.monotonicMs();
  clock.lateMs = 700;
  await clock.advance(500);
  assert.equal(blocks.length, 1);
  assert.ok(blocks[0]! > 500 && blocks[0]! <= 700, `${blocks[0]}`);
  assert.ok(doubt.blockedMs(fromMs, clock.monotonicMs()) > 500);
  assert.equal(doubt.blockedMs(clock.monotonicMs() - 100, clock.monotonicMs()), 0);
});

test('a full connection table makes unfit until it has room again', async () => {
  const clock = new FakeClock();
  const table = { count: 100, max: 100 };
  const { doubt, told } = doubtOn(clock, table);
  await clock.advance(1_000);
  assert.match(doubt.unfit ?? '', /connection table is full \(100 of 100\)/);
  table.count = 10;
  await clock.advance(20_000);
  assert.equal(doubt.unfit, null);
  assert.equal(told.length, 2);
});

test('a sign from elsewhere lasts some seconds', async () => {
  const clock = new FakeClock();
  const { doubt, told } = doubtOn(clock);
  doubt.note('descriptors', 'out of descriptors');
  assert.equal(doubt.unfit, 'out of descriptors');
  await clock.advance(10_000);
  assert.deepEqual(told, ['out of descriptors', null]);
});
