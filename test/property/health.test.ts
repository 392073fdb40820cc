// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  initialHealth,
  restoreHealth,
  stepHealth,
  type Health,
  type HealthEvent,
  type HealthPolicy,
  type HealthStep,
} from '../../src/health/machine.js';

const policies: fc.Arbitrary<HealthPolicy> = fc.record({
  rise: fc.integer({ min: 1, max: 5 }),
  fall: fc.integer({ min: 1, max: 5 }),
  intervalMs: fc.constant(2000),
  fastIntervalMs: fc.constant(500),
  downIntervalMs: fc.constant(7000),
});

type Verdict = 'pass' | 'fail' | 'inconclusive';
const conclusive = fc.constantFrom<Verdict>('pass', 'fail');
const verdicts = fc.array(fc.constantFrom<Verdict>('pass', 'fail', 'inconclusive'), { maxLength: 40 });

function verdict(verdict: Verdict, at: number): HealthEvent {
  return { kind: 'verdict', verdict, reason: `${verdict} ${at}`, at };
}

/** Every step of a life, from `health`. */
function live(policy: HealthPolicy, sequence: readonly Verdict[], from = initialHealth()): HealthStep[] {
  let health = from;
  return sequence.map((each, at) => {
    const step = stepHealth(policy, health, verdict(each, at));
    health = step.next;
    return step;
  });
}

function last(policy: HealthPolicy, sequence: readonly Verdict[], from = initialHealth()): Health {
  return live(policy, sequence, from).at(-1)?.next ?? from;
}

const stateOf = { pass: 'up', fail: 'down' } as const;

describe('laws of health', () => {
  it('the first result decides at once, whatever the thresholds', () => {
    fc.assert(
      fc.property(policies, conclusive, (policy, first) => {
        const step = stepHealth(policy, initialHealth(), verdict(first, 7));
        assert.equal(step.next.state, first === 'pass' ? 'up' : 'down');
        assert.equal(step.next.since, 7);
        assert.equal(step.change?.from, 'unknown');
      }),
    );
  });

  it('the state is what the threshold says of consecutive results', () => {
    fc.assert(
      fc.property(policies, verdicts, (policy, sequence) => {
        const results = sequence.filter((each) => each !== 'inconclusive');
        // The specification, written as a look at runs of equal results instead of a machine.
        let expected: 'unknown' | 'up' | 'down' = 'unknown';
        let run = 0;
        results.forEach((result, index) => {
          run = result === results[index - 1] ? run + 1 : 1;
          const needed = index === 0 ? 1 : result === 'pass' ? policy.rise : policy.fall;
          if (run >= needed) expected = stateOf[result];
        });
        assert.equal(last(policy, sequence).state, expected);
      }),
    );
  });

  it('failures that are not consecutive never add up', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 50 }), (policy, rounds) => {
        fc.pre(policy.fall > 1);
        const round: Verdict[] = [...Array.from({ length: policy.fall - 1 }, (): Verdict => 'fail'), 'pass'];
        const sequence = Array.from({ length: rounds }, () => round).flat();
        assert.ok(live(policy, ['pass', ...sequence]).every((step) => step.next.state === 'up'));
      }),
    );
  });

  it('an inconclusive result changes neither state nor streak nor what comes after', () => {
    fc.assert(
      fc.property(policies, verdicts, verdicts, (policy, before, after) => {
        const health = last(policy, before);
        const { next, change } = stepHealth(policy, health, verdict('inconclusive', 999));
        assert.equal(change, undefined);
        assert.deepEqual({ ...next, reason: '' }, { ...health, reason: '' });
        if (health.state !== 'unknown') assert.equal(next.reason, health.reason);
        assert.equal(last(policy, after, next).state, last(policy, after, health).state);
      }),
    );
  });

  it('a change is reported exactly when the state changes, and dates the state', () => {
    fc.assert(
      fc.property(policies, verdicts, (policy, sequence) => {
        let before = initialHealth();
        live(policy, sequence).forEach(({ next, change }, at) => {
          assert.equal(change !== undefined, next.state !== before.state);
          if (change === undefined) assert.equal(next.since, before.since);
          else {
            assert.deepEqual(change, { from: before.state, to: next.state, reason: next.reason, at });
            assert.equal(next.since, at);
          }
          before = next;
        });
      }),
    );
  });

  it('a pending change is probed fast, a down endpoint at its own pace', () => {
    fc.assert(
      fc.property(policies, verdicts, (policy, sequence) => {
        for (const { next, wakeAfterMs } of live(policy, sequence)) {
          const threshold = next.state === 'up' ? policy.fall : policy.rise;
          assert.ok(next.streak < threshold);
          if (next.streak > 0) assert.equal(wakeAfterMs, policy.fastIntervalMs);
          else assert.equal(wakeAfterMs, next.state === 'down' ? policy.downIntervalMs : policy.intervalMs);
        }
      }),
    );
  });

  it('a verified failure takes any endpoint down at once', () => {
    fc.assert(
      fc.property(policies, verdicts, (policy, sequence) => {
        const health = last(policy, sequence);
        const { next, change } = stepHealth(policy, health, {
          kind: 'verified-failure',
          reason: 'RST and refused',
          at: 99,
        });
        assert.equal(next.state, 'down');
        assert.equal(next.streak, 0);
        assert.equal(change !== undefined, health.state !== 'down');
      }),
    );
  });

  it('a restored state never changes without as many results as a living one', () => {
    const saved = fc.record({
      state: fc.constantFrom('up' as const, 'down' as const),
      since: fc.option(fc.nat()),
      reason: fc.string(),
    });
    fc.assert(
      fc.property(policies, saved, (policy, saved) => {
        const restored = restoreHealth(saved, policy);
        assert.deepEqual(restored, { ...saved, streak: 0, restored: true });
        const [against, threshold] =
          saved.state === 'up' ? (['fail', policy.fall] as const) : (['pass', policy.rise] as const);
        const steps = live(
          policy,
          Array.from({ length: threshold }, () => against),
          restored,
        );
        assert.ok(steps.slice(0, -1).every((step) => step.change === undefined));
        assert.notEqual(steps.at(-1)?.change, undefined);
      }),
    );
  });

  it('a saved streak is clamped, so that a new policy alone changes nothing', () => {
    const saved = fc.record({
      state: fc.constantFrom('unknown' as const, 'up' as const, 'down' as const),
      since: fc.nat(),
      reason: fc.string(),
      streak: fc.double({ noNaN: true }),
    });
    fc.assert(
      fc.property(policies, saved, (policy, saved) => {
        const { state, streak } = restoreHealth(saved, policy);
        assert.equal(state, saved.state);
        assert.ok(Number.isInteger(streak) && streak >= 0);
        assert.ok(streak < (state === 'up' ? policy.fall : policy.rise));
      }),
    );
  });
});
