// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Scheduler } from '../../src/runtime/scheduler.js';
import { FakeClock } from '../../src/testing/fake-clock.js';

test('items run when due, in order, each once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 40 }), async (dues) => {
      const clock = new FakeClock();
      const ran: { due: number; at: number }[] = [];
      const scheduler = new Scheduler<{ due: number }>(clock, ({ due }) =>
        ran.push({ due, at: clock.monotonicMs() }),
      );
      for (const due of dues) scheduler.schedule({ due }, due);
      await clock.advance(1_000);
      assert.deepEqual(
        ran.map(({ at }) => at),
        dues.toSorted((a, b) => a - b),
      );
      assert.ok(ran.every(({ due, at }) => due === at));
    }),
    { numRuns: 25 },
  );
});

test('scheduling again moves an item, cancelling takes it out, disposing ends all', async () => {
  const clock = new FakeClock();
  const ran: string[] = [];
  const scheduler = new Scheduler<{ name: string }>(clock, ({ name }) =>
    ran.push(`${name}@${clock.monotonicMs()}`),
  );
  const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
  scheduler.schedule(a, 10);
  scheduler.schedule(b, 20);
  scheduler.schedule(c, 30);
  scheduler.schedule(a, 40);
  scheduler.cancel(b);
  assert.equal(scheduler.dueMs(a), 40);
  assert.equal(scheduler.dueMs(b), null);
  await clock.advance(35);
  scheduler[Symbol.dispose]();
  await clock.advance(100);
  assert.deepEqual(ran, ['c@30']);
  assert.equal(clock.pending, 0);
});

test('an item may schedule itself from its own run', async () => {
  const clock = new FakeClock();
  let runs = 0;
  const scheduler = new Scheduler<object>(clock, (item) => {
    runs += 1;
    scheduler.schedule(item, clock.monotonicMs() + 10);
  });
  scheduler.schedule({}, 0);
  await clock.advance(95);
  assert.equal(runs, 10);
});

test('with a crowd time, what is due soon after a run waits for the next one', async () => {
  const clock = new FakeClock();
  const ran: string[] = [];
  const scheduler = new Scheduler<{ name: string }>(
    clock,
    ({ name }, dueMs) => ran.push(`${name} due ${dueMs} at ${clock.monotonicMs()}`),
    5,
  );
  scheduler.schedule({ name: 'a' }, 10);
  scheduler.schedule({ name: 'b' }, 11);
  scheduler.schedule({ name: 'c' }, 14);
  scheduler.schedule({ name: 'd' }, 30);
  await clock.advance(100);
  assert.deepEqual(ran, ['a due 10 at 10', 'b due 11 at 15', 'c due 14 at 15', 'd due 30 at 30']);
});

test('a crowd that is due at once is let in over several turns, none of it lost', async () => {
  const clock = new FakeClock();
  const turns: number[] = [];
  let isTurn = false;
  const scheduler = new Scheduler<object>(
    clock,
    () => {
      if (!isTurn) {
        isTurn = true;
        turns.push(0);
        queueMicrotask(() => (isTurn = false));
      }
      turns[turns.length - 1]! += 1;
    },
    5,
  );
  for (let nth = 0; nth < 1_000; nth += 1) scheduler.schedule({}, 1);
  await clock.advance(1);
  assert.ok(turns.length > 1, 'not all in one turn');
  assert.equal(
    turns.reduce((sum, count) => sum + count),
    1_000,
  );
});
