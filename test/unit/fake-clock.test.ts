// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../src/testing/fake-clock.js';

describe('the fake clock', () => {
  it('runs callbacks when due, in the order of time, then of asking', async () => {
    const clock = new FakeClock();
    const ran: string[] = [];
    const note = (name: string) => () => void ran.push(`${name}@${clock.monotonicMs()}`);
    clock.after(30, note('late'));
    clock.after(10, note('first'));
    clock.after(10, note('second'));
    clock.after(20, note('cancelled'))[Symbol.dispose]();
    await clock.advance(29);
    assert.deepEqual(ran, ['first@10', 'second@10']);
    assert.equal(clock.pending, 1);
    await clock.advance(1);
    assert.deepEqual(ran, ['first@10', 'second@10', 'late@30']);
  });

  it('lets promises settle between callbacks', async () => {
    const clock = new FakeClock();
    const ran: string[] = [];
    const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
    const work = async (): Promise<void> => {
      for (let round = 0; round < 3; round += 1) {
        await wait(10);
        ran.push(`round@${clock.monotonicMs()}`);
      }
    };
    clock.after(25, () => ran.push('other@25'));
    const done = work();
    await clock.advance(30);
    await done;
    assert.deepEqual(ran, ['round@10', 'round@20', 'other@25', 'round@30']);
  });

  it('stalls: what fell due comes late', async () => {
    const clock = new FakeClock();
    let at = 0;
    clock.after(10, () => (at = clock.monotonicMs()));
    clock.stall(500);
    assert.equal(at, 0);
    await clock.advance(1);
    assert.equal(at, 500);
  });

  it('keeps monotonic time when the wall clock is set', async () => {
    const clock = new FakeClock(1_000);
    await clock.advance(50);
    assert.equal(clock.now(), 1_050);
    clock.setWallClock(7);
    assert.equal(clock.now(), 7);
    assert.equal(clock.monotonicMs(), 50);
  });
});
