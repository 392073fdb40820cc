// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diffServices } from '../../src/desired/diff.js';
import { FakeEngine } from '../../src/testing/fake-engine.js';
import { frontendKey, type AddressFrontend, type VirtualService } from '../../src/virtual-service.js';

function service(port: number): VirtualService {
  const frontend: AddressFrontend = {
    kind: 'address',
    family: 4,
    address: '192.0.2.1',
    protocol: 'tcp',
    port,
    portLast: port,
  };
  return {
    key: frontendKey(frontend),
    service: `test/${port}`,
    frontend,
    scheduler: { name: 'random', flags: [] },
    forwarding: { mode: 'nat' },
    sourceNat: 'none',
    persistence: null,
    rescue: false,
    limits: null,
    members: [],
    slots: [],
  };
}

const byKey = (...services: VirtualService[]): Map<string, VirtualService> =>
  new Map(services.map((one) => [one.key, one]));
const never = new AbortController().signal;
const [one, two] = [service(1), service(2)];

describe('the fake engine', () => {
  it('holds what is applied', async () => {
    const engine = new FakeEngine();
    const report = await engine.apply(diffServices(new Map(), byKey(one, two)), never);
    assert.deepEqual(report, { applied: [one.key, two.key], failed: [] });
    assert.deepEqual((await engine.observe(never)).services, [one, two]);
    assert.deepEqual(
      engine.changes.map(({ key }) => key),
      [one.key, two.key],
    );
  });

  it('refuses what was arranged, so many times, and applies the rest', async () => {
    const engine = new FakeEngine();
    engine.arrange('apply', { kind: 'fail', code: 'EBUSY', keys: [two.key] }, 2);
    const change = diffServices(new Map(), byKey(one, two));
    const report = await engine.apply(change, never);
    assert.deepEqual(report.applied, [one.key]);
    assert.equal(report.failed[0]?.code, 'EBUSY');
    const rest = diffServices(byKey(one), byKey(one, two));
    assert.equal((await engine.apply(rest, never)).failed.length, 1);
    assert.deepEqual(await engine.apply(rest, never), { applied: [two.key], failed: [] });
  });

  it('refuses a change that starts from something else than is held', async () => {
    const engine = new FakeEngine();
    await engine.apply(diffServices(new Map(), byKey(one)), never);
    const told: string[] = [];
    using _listener = engine.listen((what) => told.push(what));
    engine.interfere('flushed', (services) => services.clear());
    assert.deepEqual(told, ['flushed']);
    const report = await engine.apply(diffServices(byKey(one), new Map()), never);
    assert.equal(report.failed[0]?.code, 'ESTALE');
  });

  it('tears, lies, throws and hangs', async () => {
    const engine = new FakeEngine();
    const change = diffServices(new Map(), byKey(one, two));
    engine.arrange('apply', { kind: 'lie' });
    engine.arrange('apply', { kind: 'tear', changes: 1, error: new Error('torn') });
    engine.arrange('observe', { kind: 'throw', error: new Error('unreadable') });
    engine.arrange('observe', { kind: 'hang' });
    assert.equal((await engine.apply(change, never)).applied.length, 2);
    assert.equal(engine.services.size, 0);
    await assert.rejects(engine.apply(change, never), /torn/);
    assert.deepEqual([...engine.services.keys()], [one.key]);
    await assert.rejects(engine.observe(never), /unreadable/);
    const abort = new AbortController();
    const hanging = engine.observe(abort.signal);
    abort.abort(new Error('enough'));
    await assert.rejects(hanging, /enough/);
  });
});
