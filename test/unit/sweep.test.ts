// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckOutcome, CheckTarget, Prober } from '../../src/plugin/api.js';
import { Faults } from '../../src/plugin/faults.js';
import { Sweep } from '../../src/runtime/sweep.js';
import { FakeClock } from '../../src/testing/fake-clock.js';

type ProbeMany = NonNullable<Prober['probeMany']>;
type Report = Parameters<ProbeMany>[1];

const pass: CheckOutcome = { verdict: 'pass', reason: 'fine' };

function target(name: string): CheckTarget {
  return {
    endpoint: `shop/http/${name}`,
    address: '127.0.0.1',
    family: 4,
    port: 80,
    protocol: 'tcp',
    timeoutMs: 1_000,
    source: null,
    fwmark: null,
    trace: false,
  };
}

function bench(probeMany: ProbeMany) {
  const clock = new FakeClock();
  const faults = new Faults(clock);
  const sweep = new Sweep({ plugin: 'check/odd', probeMany, clock, faults });
  const said: string[] = [];
  const take = (one: CheckTarget): void =>
    sweep.take(one, ({ verdict, reason }, tookMs) =>
      said.push(`${one.endpoint.split('/')[2]} ${verdict} after ${tookMs}: ${reason}`),
    );
  return { clock, faults, retire: () => sweep.retire(), take, said };
}

/** A sweep that shows what it was given and leaves the answers to the test. */
function attentive() {
  const batches: string[][] = [];
  let answer: Report = () => assert.fail('nothing was asked yet');
  const probeMany: ProbeMany = async (targets, report) => {
    answer = report;
    for await (const batch of targets) batches.push(batch.map(({ endpoint }) => endpoint));
  };
  return { batches, probeMany, answer: (...args: Parameters<Report>) => answer(...args) };
}

test('what is taken in one turn of the loop is swept together', async () => {
  const { batches, probeMany } = attentive();
  const { clock, take } = bench(probeMany);
  for (const name of ['a', 'b']) take(target(name));
  await clock.advance(0);
  take(target('c'));
  await clock.advance(0);
  assert.deepEqual(batches, [['shop/http/a', 'shop/http/b'], ['shop/http/c']]);
});

test('each target is settled by its first report, with the time that it took', async () => {
  const { probeMany, answer } = attentive();
  const { clock, take, said } = bench(probeMany);
  const [a, b] = [target('a'), target('b')];
  take(a);
  take(b);
  await clock.advance(20);
  answer(b, pass);
  answer(b, { verdict: 'fail', kind: 'refused', reason: 'connection refused' });
  answer(target('stranger'), pass);
  await clock.advance(10);
  answer(a, pass);
  await clock.advance(0);
  assert.deepEqual(said, ['b pass after 20: fine', 'a pass after 30: fine']);
});

test('a target that the sweep forgets is timed out, and the plugin is named', async () => {
  const { probeMany, answer } = attentive();
  const { clock, faults, take, said } = bench(probeMany);
  const forgotten = target('a');
  take(forgotten);
  await clock.advance(5_000);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /^a fail after \d+: no answer within 1000 ms$/);
  assert.match(faults.last('check/odd')!.message, /shop\/http\/a/);
  answer(forgotten, pass);
  await clock.advance(0);
  assert.equal(said.length, 1, 'what comes after that changes nothing');
  assert.equal(clock.pending, 0, 'nothing is looked for any more');
});

test('a sweep that ends, rejects or throws says nothing of its targets, and the next one starts afresh', async () => {
  let runs = 0;
  const { clock, faults, take, said } = bench((targets, report) => {
    runs += 1;
    if (runs === 1) throw new Error('boom');
    if (runs === 2) return Promise.reject(new Error('bang'));
    if (runs === 3) return Promise.resolve();
    return (async () => {
      for await (const batch of targets) for (const one of batch) report(one, pass);
    })();
  });
  for (let round = 0; round < 5; round += 1) {
    take(target('a'));
    await clock.advance(0);
  }
  assert.deepEqual(said, [
    'a inconclusive after 0: check/odd failed by itself: boom',
    'a inconclusive after 0: check/odd failed by itself: bang',
    'a inconclusive after 0: check/odd failed by itself: the sweep ended',
    'a pass after 0: fine',
    'a pass after 0: fine',
  ]);
  assert.equal(runs, 4);
  assert.equal(faults.count('check/odd'), 3);
});

test('nonsense is a fault of the plugin, not of the member', async () => {
  const { probeMany, answer } = attentive();
  const { clock, faults, take, said } = bench(probeMany);
  const one = target('a');
  take(one);
  await clock.advance(0);
  answer(one, { verdict: 'maybe' } as unknown as CheckOutcome);
  await clock.advance(0);
  assert.match(said[0]!, /^a inconclusive/);
  assert.equal(faults.count('check/odd'), 1);
});

test('when the configuration retires, every target is settled and the sweep is told', async () => {
  let ended = false;
  const { clock, faults, retire, take, said } = bench(async (targets, _report, signal) => {
    for await (const _ of targets);
    ended = signal.aborted;
  });
  take(target('a'));
  await clock.advance(0);
  retire();
  take(target('b'));
  await clock.advance(0);
  assert.deepEqual(said, [
    'a inconclusive after 0: the configuration has retired',
    'b inconclusive after 0: the configuration has retired',
  ]);
  assert.ok(ended);
  assert.deepEqual(faults.summaries(), []);
  assert.equal(clock.pending, 0);
});
