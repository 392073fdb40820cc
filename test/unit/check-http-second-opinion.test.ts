// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecondOpinion } from '../../plugins/check-http/second-opinion.js';
import type { CheckOutcome } from '../../src/plugin/api.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { said, targetAt } from '../support/probe.js';
import { until } from '../support/loopback.js';

const never = new AbortController().signal;
const target = { ...targetAt({ address: '127.0.0.1', port: 80 }), timeoutMs: 1_000 };
const silence: CheckOutcome = { verdict: 'fail', kind: 'timeout', reason: 'timed out' };

test('a second probe has what is left of the time', async () => {
  const clock = new FakeClock();
  const given: number[] = [];
  const opinion = new SecondOpinion(
    {
      probe: ({ timeoutMs }) => {
        given.push(timeoutMs);
        return Promise.resolve(silence);
      },
    },
    clock,
  );
  await clock.advance(600);
  assert.equal(said(await opinion.ask(target, 0, never)), 'timeout: timed out');
  await clock.advance(600);
  assert.equal(said(await opinion.ask(target, 0, never)), 'timeout: timed out');
  assert.deepEqual(given, [400, 0]);
});

test('not too many probes are made at once, and who had to wait long is not called silent', async () => {
  const clock = new FakeClock();
  const underWay: (() => void)[] = [];
  let most = 0;
  const probe = (): Promise<CheckOutcome> =>
    new Promise((resolve) => {
      underWay.push(() => resolve(silence));
      most = Math.max(most, underWay.length);
    });
  const opinion = new SecondOpinion({ probe }, clock);
  const asked = Promise.all(Array.from({ length: 300 }, () => opinion.ask(target, 0, never)));
  await until(() => underWay.length > 0);
  await clock.advance(300);
  let ended = 0;
  await until(() => {
    for (const end of underWay.splice(0)) {
      end();
      ended += 1;
    }
    return ended === 300;
  });
  const outcomes = (await asked).map(({ verdict }) => verdict);
  assert.ok(most > 1 && most < 200, `${most} at once`);
  assert.equal(outcomes.filter((verdict) => verdict === 'fail').length, most);
  assert.equal(outcomes.filter((verdict) => verdict === 'inconclusive').length, 300 - most);
});

test('who waits in vain for a place is told in time, and not held up by members that hang', async () => {
  const clock = new FakeClock();
  const hanging: (() => void)[] = [];
  const probe = (): Promise<CheckOutcome> => new Promise((resolve) => hanging.push(() => resolve(silence)));
  const opinion = new SecondOpinion({ probe }, clock);
  const said: string[] = [];
  for (let nth = 0; nth < 300; nth += 1) {
    void opinion.ask(target, 0, never).then(({ verdict }) => said.push(verdict));
  }
  await until(() => hanging.length > 0);
  await clock.advance(1_000);
  const atOnce = hanging.length;
  assert.deepEqual(
    said,
    Array.from({ length: 300 - atOnce }, () => 'inconclusive'),
  );
  for (const end of hanging.splice(0)) end();
  await until(() => said.length === 300);
  const next = opinion.ask(target, 1_000, never);
  await until(() => hanging.length === 1);
  hanging[0]!();
  assert.equal((await next).verdict, 'fail');
});
