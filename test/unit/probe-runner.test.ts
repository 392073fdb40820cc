// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckOutcome, CheckTarget, Prober } from '../../src/plugin/api.js';
import { Faults } from '../../src/plugin/faults.js';
import { Doubt } from '../../src/runtime/doubt.js';
import type { Probe } from '../../src/runtime/probe.js';
import { ProbeRunner } from '../../src/runtime/probe-runner.js';
import { Sweep } from '../../src/runtime/sweep.js';
import { FakeClock } from '../../src/testing/fake-clock.js';

const target: CheckTarget = {
  endpoint: 'shop/http/a',
  address: '127.0.0.1',
  family: 4,
  port: 80,
  protocol: 'tcp',
  timeoutMs: 1_000,
  source: null,
  fwmark: null,
  trace: false,
};

const pass: CheckOutcome = { verdict: 'pass', reason: 'fine' };

function bench() {
  const clock = new FakeClock();
  const faults = new Faults(clock);
  const doubt = new Doubt({
    clock,
    onChange: () => undefined,
    onBlock: () => undefined,
    connectionTable: () => Promise.resolve(null),
  });
  doubt.start();
  const runner = new ProbeRunner({ clock, faults, doubt, mostSockets: 10, mostProcesses: 1 });
  const probe = (prober: Prober['probe']): Probe => ({
    key: 'k',
    target,
    cost: 'socket',
    prober: { probe: prober },
    spec: {
      type: 'odd',
      options: {},
      intervalMs: 2_000,
      timeoutMs: 1_000,
      rise: 2,
      fall: 3,
      fastIntervalMs: 500,
      downIntervalMs: 2_000,
      port: null,
      address: null,
      source: null,
      fwmark: null,
      fingerprint: 'f',
    },
  });
  return { clock, faults, doubt, runner, probe };
}

const never = (): Promise<CheckOutcome> => new Promise(() => undefined);

test('an answer in time is the result', async () => {
  const { runner, probe } = bench();
  const { outcome } = await runner.run(probe(() => Promise.resolve(pass)));
  assert.deepEqual(outcome, pass);
});

test('silence is a failure when the time is up, and the check is told to stop', async () => {
  const { clock, runner, probe, faults } = bench();
  let aborted = false;
  const run = runner.run(
    probe(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason);
          });
        }),
    ),
  );
  await clock.advance(1_000);
  const { outcome, tookMs } = await run;
  assert.deepEqual(outcome, { verdict: 'fail', kind: 'timeout', reason: 'no answer within 1000 ms' });
  assert.equal(tookMs, 1_000);
  assert.ok(aborted);
  await clock.advance(5_000);
  assert.deepEqual(faults.summaries(), []);
});

test('a check that throws, rejects or answers nonsense is at fault, not the member', async () => {
  const { runner, probe, faults } = bench();
  const bad: Prober['probe'][] = [
    () => {
      throw new Error('boom');
    },
    () => Promise.reject(new Error('boom')),
    () => Promise.resolve({ verdict: 'maybe' } as unknown as CheckOutcome),
    () => undefined as unknown as Promise<CheckOutcome>,
  ];
  for (const prober of bad) {
    const { outcome } = await runner.run(probe(prober));
    assert.equal(outcome.verdict, 'inconclusive');
    assert.match(outcome.reason, /check\/odd/);
  }
  assert.equal(faults.count('check/odd'), bad.length);
});

test('a check that hangs is named, goes on being timed out, and is not piled up', async () => {
  const { clock, runner, probe, faults } = bench();
  let started = 0;
  const hanging = probe(() => {
    started += 1;
    return never();
  });
  for (let round = 0; round < 5; round += 1) {
    const run = runner.run(hanging);
    await clock.advance(3_000);
    const { outcome } = await run;
    assert.equal(outcome.verdict, round < 3 ? 'fail' : 'inconclusive');
  }
  assert.equal(started, 3);
  assert.equal(faults.last('check/odd')?.kind, 'timeout');
});

test('an error long after the time-out is filed, and the answer stands', async () => {
  const { clock, runner, probe, faults } = bench();
  const run = runner.run(
    probe(
      () =>
        new Promise((_resolve, reject) => {
          clock.after(1_200, () => reject(new Error('too late')));
        }),
    ),
  );
  await clock.advance(1_000);
  assert.equal((await run).outcome.verdict, 'fail');
  await clock.advance(1_000);
  assert.equal(faults.last('check/odd')?.kind, 'late');
});

test('silence while this host is unfit says nothing; a refusal still does', async () => {
  const { clock, runner, probe, doubt } = bench();
  doubt.note('descriptors', 'no descriptors left');
  const silent = runner.run(probe(never));
  await clock.advance(1_000);
  const { outcome } = await silent;
  assert.equal(outcome.verdict, 'inconclusive');
  assert.match(outcome.reason, /no descriptors left/);
  const refused: CheckOutcome = { verdict: 'fail', kind: 'refused', reason: 'connection refused' };
  assert.deepEqual((await runner.run(probe(() => Promise.resolve(refused)))).outcome, refused);
});

test('sweeps together owe no more answers than allowed; the rest wait their turn', async () => {
  const { clock, faults, doubt, probe } = bench();
  const runner = new ProbeRunner({ clock, faults, doubt, mostSockets: 10, mostProcesses: 1, mostSwept: 2 });
  const given: CheckTarget[] = [];
  let report: (target: CheckTarget, outcome: CheckOutcome) => void = () => undefined;
  const sweep = new Sweep({
    plugin: 'check/odd',
    clock,
    faults,
    probeMany: async (targets, reportOne) => {
      report = reportOne;
      for await (const batch of targets) given.push(...batch);
    },
  });
  const done: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    const swept: Probe = { ...probe(never), sweep, target: { ...target, endpoint: name } };
    runner.start(swept, ({ target: { endpoint } }, { outcome }) =>
      done.push(`${endpoint} ${outcome.verdict}`),
    );
  }
  await clock.advance(0);
  assert.deepEqual(
    given.map(({ endpoint }) => endpoint),
    ['a', 'b'],
  );
  report(given[1]!, pass);
  await clock.advance(0);
  assert.deepEqual(
    given.map(({ endpoint }) => endpoint),
    ['a', 'b', 'c'],
  );
  doubt.note('descriptors', 'no descriptors left');
  for (const one of [given[0]!, given[2]!])
    report(one, { verdict: 'fail', kind: 'timeout', reason: 'silence' });
  await clock.advance(0);
  assert.deepEqual(done, ['b pass', 'a inconclusive', 'c inconclusive']);
});
