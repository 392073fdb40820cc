// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Faults } from '../../../src/plugin/faults.js';
import { Guard } from '../../../src/plugin/guard.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';

function setUp() {
  const clock = new FakeClock();
  const faults = new Faults(clock);
  const guard = new Guard(faults, clock);
  const kinds = (): string[] =>
    faults.summaries().map(({ last }) => `${last.plugin} ${last.hook} ${last.kind}`);
  return { clock, faults, guard, kinds };
}

describe('a guarded call', () => {
  it('hands on what the plugin answers, at once or later', async () => {
    const { guard, clock, faults } = setUp();
    const now = await guard.call('check/x', 'create', () => 1, { timeoutMs: 10 });
    assert.deepEqual(now, { ok: true, value: 1, tookMs: 0 });
    const later = guard.call(
      'check/x',
      'create',
      () => new Promise((done) => clock.after(7, () => done(2))),
      {
        timeoutMs: 10,
      },
    );
    await clock.advance(7);
    assert.deepEqual(await later, { ok: true, value: 2, tookMs: 7 });
    assert.equal(clock.pending, 0, 'no timer stays behind');
    assert.equal(faults.count('check/x'), 0);
  });

  it('turns throw and reject into faults with the error’s code', async () => {
    const { guard, faults } = setUp();
    const thrown = Object.assign(new Error('no room'), { code: 'ENOSPC' });
    const result = await guard.call('check/x', 'create', () => Promise.reject(thrown), { timeoutMs: 10 });
    assert.equal(result.ok, false);
    const { at: _, ...fault } = faults.last('check/x')!;
    assert.deepEqual(fault, {
      plugin: 'check/x',
      hook: 'create',
      kind: 'reject',
      code: 'ENOSPC',
      message: 'no room',
      untold: 0,
    });
    const throws = (): never => {
      throw new TypeError('bad');
    };
    await guard.call('check/x', 'create', throws, { timeoutMs: 10 });
    assert.equal(faults.last('check/x')?.kind, 'throw');
    assert.equal(faults.last('check/x')?.code, 'TypeError');
    assert.equal(faults.count('check/x'), 2);
  });

  it('survives what cannot even be shown', async () => {
    const { guard, faults } = setUp();
    const hostile = new Proxy(
      {},
      { get: () => assert.fail('looked at'), getPrototypeOf: () => assert.fail('asked') },
    );
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- plugins may reject with anything
    await guard.call('check/x', 'create', () => Promise.reject(hostile), { timeoutMs: 10 });
    assert.equal(faults.last('check/x')?.message, 'threw something that cannot be shown');
  });

  it('ends a hanging call on time, tells it so, and hears no more of it', async () => {
    const { guard, clock, faults, kinds } = setUp();
    let told = false;
    const call = guard.call(
      'backend/x',
      'apply',
      (signal) =>
        new Promise((done) => {
          signal.addEventListener('abort', () => (told = true));
          clock.after(500, () => done('late'));
        }),
      { timeoutMs: 100 },
    );
    await clock.advance(100);
    const result = await call;
    assert.equal(result.ok, false);
    assert.equal(told, true);
    assert.deepEqual(kinds(), ['backend/x apply timeout']);
    assert.equal(faults.last('backend/x')?.message, 'did not finish within 100 ms');
    await clock.advance(1_000);
    assert.equal(faults.count('backend/x'), 1);
  });

  it('files a late rejection, unless it only heeds the signal', async () => {
    const { guard, clock, faults } = setUp();
    const heeding = guard.call(
      'check/good',
      'apply',
      (signal) =>
        new Promise((_done, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        ),
      { timeoutMs: 100 },
    );
    const late = guard.call(
      'check/bad',
      'apply',
      () => new Promise((_done, reject) => clock.after(500, () => reject(new Error('oh')))),
      { timeoutMs: 100 },
    );
    await clock.advance(100);
    await Promise.all([heeding, late]);
    await clock.advance(1_000);
    assert.equal(faults.count('check/good'), 1);
    assert.equal(faults.last('check/bad')?.kind, 'late');
  });

  it('ends without a fault when the caller gives up', async () => {
    const { guard, clock, faults } = setUp();
    const abort = new AbortController();
    const call = guard.call('check/x', 'apply', () => new Promise(() => {}), {
      timeoutMs: 100,
      signal: abort.signal,
    });
    abort.abort();
    assert.deepEqual(await call, { ok: false, fault: null, tookMs: 0 });
    const never = await guard.call('check/x', 'apply', () => assert.fail('called'), {
      timeoutMs: 100,
      signal: abort.signal,
    });
    assert.equal(never.ok, false);
    assert.equal(faults.count('check/x'), 0);
    assert.equal(clock.pending, 0);
  });
});

describe('the ledger of faults', () => {
  it('tells of a repeated fault at most every ten seconds, and of how many were untold', async () => {
    const { clock, faults } = setUp();
    const heard: number[] = [];
    const listening = faults.onFault(({ untold }) => heard.push(untold));
    const report = { plugin: 'check/x', hook: 'probe', kind: 'throw', message: 'again' } as const;
    for (let n = 0; n < 100; n += 1) faults.add(report);
    faults.add({ ...report, hook: 'create' });
    assert.deepEqual(heard, [0, 0]);
    await clock.advance(10_000);
    faults.add(report);
    assert.deepEqual(heard, [0, 0, 99]);
    listening[Symbol.dispose]();
    await clock.advance(10_000);
    faults.add(report);
    assert.equal(heard.length, 3);
    assert.equal(faults.count('check/x'), 103);
  });

  it('keeps a message to one line of bearable length', () => {
    const { faults } = setUp();
    const { message } = faults.add({
      plugin: 'a/b',
      hook: 'c',
      kind: 'throw',
      message: `a\n  b${'x'.repeat(999)}`,
    });
    assert.match(message, /^a bx+…$/);
    assert.equal(message.length, 500);
  });
});
