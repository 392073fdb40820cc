// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  contradictSignals,
  initialTally,
  type SignalPolicy,
  type SignalTally,
  tallySignals,
} from '../../src/health/signals.js';

const once: SignalPolicy = { count: 1, withinMs: 1_000, quietMs: 100, mostQuietMs: 5_000 };
const thrice: SignalPolicy = { ...once, count: 3 };

/** At which of these times it fires. */
function firings(policy: SignalPolicy, times: readonly number[], contradict = false): number[] {
  let tally: SignalTally = initialTally();
  return times.filter((at) => {
    const { next, fires } = tallySignals(policy, tally, 1, at);
    tally = fires && contradict ? contradictSignals(next) : next;
    return fires;
  });
}

describe('signs of failure', () => {
  it('call for action as soon as there are enough of them, close enough together', () => {
    assert.deepEqual(firings(once, [5]), [5]);
    assert.deepEqual(firings(thrice, [0, 400, 900]), [900]);
    assert.deepEqual(firings(thrice, [0, 400, 1_000, 1_100]), [1_100]);
    const { fires } = tallySignals(thrice, initialTally(), 3, 0);
    assert.ok(fires, 'three in one report are three');
  });

  it('count for nothing while it is quiet after an action', () => {
    assert.deepEqual(firings(once, [0, 1, 50, 99, 100, 150]), [0, 100]);
  });

  it('weigh less with each probe that contradicts them, and as before after long calm', () => {
    const flood = Array.from({ length: 20_000 }, (_, ms) => ms);
    assert.deepEqual(firings(once, flood, true), [0, 100, 300, 700, 1_500, 3_100, 6_300, 11_300, 16_300]);
    assert.deepEqual(firings(once, [...flood, 40_000, 40_100], true).slice(-2), [40_000, 40_100]);
  });

  it('are remembered in bounded room, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 })), (times) => {
        let tally = initialTally();
        for (const at of times.toSorted((a, b) => a - b)) {
          tally = tallySignals(thrice, tally, 1, at).next;
          assert.ok(tally.recent.length < thrice.count);
        }
      }),
    );
  });
});
