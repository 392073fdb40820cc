// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { combineHealth } from '../../src/health/combine.js';
import { initialHealth, restoreHealth, stepHealth, type Health } from '../../src/health/machine.js';
import { serviceState, type ServiceMember } from '../../src/health/service-state.js';
import { effectiveAdmin, effectiveWeight } from '../../src/health/weight.js';

const POLICY = { rise: 2, fall: 3, intervalMs: 2000, fastIntervalMs: 500, downIntervalMs: 5000 };

function health(state: Health['state'], since: number | null, reason: string): Health {
  return { ...initialHealth(), state, since, reason };
}

describe('one check', () => {
  it('goes down at the third failure in a row and keeps the reason of what made it so', () => {
    let now = health('up', 0, 'http 200');
    const seen = ['timeout', 'reset', 'refused', 'refused again'].map((reason, at) => {
      const step = stepHealth(POLICY, now, { kind: 'verdict', verdict: 'fail', reason, at });
      now = step.next;
      return [step.next.state, step.next.reason, step.wakeAfterMs];
    });
    assert.deepEqual(seen, [
      ['up', 'http 200', 500],
      ['up', 'http 200', 500],
      ['down', 'refused', 5000],
      ['down', 'refused again', 5000],
    ]);
    assert.equal(now.since, 2);
  });

  it('shows why it is still unknown', () => {
    const event = { kind: 'verdict', verdict: 'inconclusive', reason: 'no sockets left', at: 1 } as const;
    const { next } = stepHealth(POLICY, initialHealth(), event);
    assert.deepEqual([next.state, next.reason, next.since], ['unknown', 'no sockets left', null]);
  });

  it('that was saved as unknown starts anew', () => {
    const saved = { state: 'unknown', since: null, reason: 'x' } as const;
    assert.deepEqual(restoreHealth(saved, POLICY), initialHealth());
  });
});

describe('several checks of one endpoint', () => {
  it('without any, it is up', () => {
    assert.deepEqual(combineHealth([]), { state: 'up', since: null, reason: 'no check' });
  });

  it('all must pass: down for the reason of the first that failed', () => {
    const parts = [health('up', 1, 'fine'), health('down', 9, 'late'), health('down', 5, 'refused')];
    assert.deepEqual(combineHealth(parts), { state: 'down', since: 5, reason: 'refused' });
    assert.equal(combineHealth([health('unknown', null, ''), health('down', 5, 'refused')]).state, 'down');
  });

  it('is unknown until all have spoken', () => {
    const parts = [health('up', 1, 'fine'), health('unknown', null, 'not checked yet')];
    assert.deepEqual(combineHealth(parts), { state: 'unknown', since: null, reason: 'not checked yet' });
  });

  it('is up since the last of them came up', () => {
    const parts = [health('up', 1, 'http 200'), health('up', 4, 'certificate good for 30 d')];
    assert.deepEqual(combineHealth(parts), {
      state: 'up',
      since: 4,
      reason: 'http 200; certificate good for 30 d',
    });
  });
});

describe('effective weight', () => {
  it('is the configured one when no check says anything', () => {
    assert.equal(effectiveWeight(5, []), 5);
    assert.equal(effectiveWeight(5, [{}, { weight: Number.NaN }]), 5);
  });

  it('is the smallest of what checks report, in percent of the configured one or absolute', () => {
    assert.equal(effectiveWeight(8, [{ weight: 75 }]), 6);
    assert.equal(effectiveWeight(8, [{ weight: 75 }, { weight: 3, weightIs: 'absolute' }]), 3);
    assert.equal(effectiveWeight(1, [{ weight: 75, weightIs: 'percent' }]), 0.75);
  });

  it('stays between 0 and 256, and a configured 0 stays 0', () => {
    assert.equal(effectiveWeight(200, [{ weight: 200 }]), 256);
    assert.equal(effectiveWeight(2, [{ weight: -5, weightIs: 'absolute' }]), 0);
    assert.equal(effectiveWeight(0, [{ weight: 50, weightIs: 'absolute' }]), 0);
  });

  it('agents can only take out what the operator left in', () => {
    assert.equal(effectiveAdmin('enabled', [{}]), 'enabled');
    assert.equal(effectiveAdmin('enabled', [{ admin: 'drain' }]), 'drain');
    assert.equal(effectiveAdmin('drain', [{ admin: 'maint' }, { admin: 'drain' }]), 'disabled');
    assert.equal(effectiveAdmin('disabled', [{ admin: 'drain' }]), 'disabled');
  });
});

describe('service state', () => {
  const up: ServiceMember = { state: 'up', admin: 'enabled', weight: 1 };
  const down: ServiceMember = { ...up, state: 'down' };
  const one = { down: { count: 1 }, up: { count: 1 } };

  it('is up, degraded or down by how many of its members serve', () => {
    assert.equal(serviceState(one, [up, up], 'up'), 'up');
    assert.equal(serviceState(one, [up, down], 'up'), 'degraded');
    assert.equal(serviceState(one, [down, down], 'up'), 'down');
    assert.equal(serviceState(one, [], 'up'), 'down');
  });

  it('does not count members that an operator took out, or of weight 0', () => {
    const drained: ServiceMember = { ...up, admin: 'drain' };
    assert.equal(serviceState(one, [up, drained, { ...down, weight: 0 }], 'up'), 'up');
    assert.equal(serviceState(one, [drained], 'up'), 'down');
  });

  it('counts an unknown member that the kernel already held', () => {
    const unknown: ServiceMember = { ...up, state: 'unknown' };
    assert.equal(serviceState(one, [unknown], 'up'), 'down');
    assert.equal(serviceState(one, [{ ...unknown, held: true }], 'up'), 'up');
  });

  it('goes down below one threshold and comes back at the other', () => {
    const minUp = { down: { count: 1 }, up: { percent: 50 } };
    assert.equal(serviceState(minUp, [up, down, down, down], 'degraded'), 'degraded');
    assert.equal(serviceState(minUp, [up, down, down, down], 'down'), 'down');
    assert.equal(serviceState(minUp, [up, up, down, down], 'down'), 'degraded');
  });

  it('rounds a percentage up', () => {
    const half = { down: { percent: 50 }, up: { percent: 50 } };
    assert.equal(serviceState(half, [up, down, down], 'up'), 'down');
    assert.equal(serviceState(half, [up, up, down], 'up'), 'degraded');
  });
});
