// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FaultReport } from '../../src/plugin/faults.js';
import { checkedOutcome, outcomeProblem } from '../../src/runtime/outcome.js';

describe('what a check answers', () => {
  it('is taken as it is when it makes sense', () => {
    const outcomes = [
      { verdict: 'pass', reason: 'http 200 in 3 ms' },
      { verdict: 'pass', reason: 'agent', weight: 75, admin: 'drain', details: { line: '75% drain' } },
      { verdict: 'pass', reason: 'exit 40', weight: 256, weightIs: 'absolute' },
      { verdict: 'fail', reason: 'connection refused', kind: 'refused' },
      { verdict: 'inconclusive', reason: 'no free port' },
    ];
    const faults = { add: () => assert.fail('no fault') };
    for (const outcome of outcomes) assert.equal(checkedOutcome(outcome, 'check/x', faults), outcome);
  });

  const nonsense: readonly (readonly [unknown, string])[] = [
    [undefined, 'a value of type undefined instead of an outcome'],
    [null, 'null instead of an outcome'],
    [['pass'], 'an array instead of an outcome'],
    [{ verdict: 'pass' }, 'an outcome without a reason'],
    [{ verdict: 'up', reason: '' }, 'the unknown verdict "up"'],
    [{ verdict: 'fail', reason: '', kind: 'sad' }, 'the unknown kind of failure "sad"'],
    [{ verdict: 'fail', reason: '' }, 'the unknown kind of failure a value of type undefined'],
    [{ verdict: 'pass', reason: '', weight: -1 }, 'the weight -1, which is not between 0 and 25600'],
    [{ verdict: 'pass', reason: '', weight: NaN }, 'the weight NaN, which is not between 0 and 25600'],
    [
      { verdict: 'pass', reason: '', weight: 257, weightIs: 'absolute' },
      'the weight 257, which is not between 0 and 256',
    ],
    [{ verdict: 'pass', reason: '', weightIs: 'kg' }, 'weightIs "kg" instead of percent or absolute'],
    [{ verdict: 'pass', reason: '', admin: 'up' }, 'the admin state "up"'],
    [{ verdict: 'pass', reason: '', details: 'x' }, 'details that are no object'],
  ];
  for (const [outcome, problem] of nonsense) {
    it(`is nonsense: ${problem}`, () => assert.equal(outcomeProblem(outcome), problem));
  }

  it('that makes no sense is filed, and says nothing about the member', () => {
    const filed: FaultReport[] = [];
    const hostile = new Proxy({}, { get: () => assert.fail('read') });
    for (const outcome of [42, hostile]) {
      const taken = checkedOutcome(outcome, 'check/x', { add: (report) => filed.push(report) });
      assert.equal(taken.verdict, 'inconclusive');
    }
    assert.deepEqual(
      filed.map(({ plugin, kind, message }) => `${plugin} ${kind}: ${message}`),
      [
        'check/x nonsense: returned a value of type number instead of an outcome',
        'check/x nonsense: returned an outcome that cannot be read',
      ],
    );
  });

  it('is cut to one line that is safe on a terminal', () => {
    const reason = `body:\n\u001b[31m${'x'.repeat(999)}`;
    const taken = checkedOutcome({ verdict: 'pass', reason }, 'check/x', {
      add: () => assert.fail('no fault'),
    });
    assert.match(taken.reason, /^body: \[31mx+…$/);
    assert.equal(taken.reason.length, 300);
  });
});
