// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/runtime/clock.js';

describe('the real clock', () => {
  it('runs a callback once its time has come, unless it is cancelled', async () => {
    const awake = setInterval(() => {}, 1_000);
    const startedMs = systemClock.monotonicMs();
    let cancelledRan = false;
    systemClock.after(5, () => (cancelledRan = true))[Symbol.dispose]();
    await new Promise<void>((done) => systemClock.after(20, done));
    clearInterval(awake);
    assert.ok(systemClock.monotonicMs() - startedMs >= 19);
    assert.equal(cancelledRan, false);
  });

  it('waits longer than a timer of Node.js can, and can be cancelled then, too', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let ran = 0;
    systemClock.after(2 ** 31 + 1_000, () => (ran += 1));
    const cancelled = systemClock.after(2 ** 31 + 1_000, () => (ran += 1));
    t.mock.timers.tick(2 ** 31 - 1);
    assert.equal(ran, 0);
    cancelled[Symbol.dispose]();
    t.mock.timers.tick(1_001);
    assert.equal(ran, 1);
  });
});
