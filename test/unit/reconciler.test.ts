// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../../src/errors.js';
import { Faults } from '../../src/plugin/faults.js';
import { Guard } from '../../src/plugin/guard.js';
import { Reconciler, type ReconcilerHost } from '../../src/runtime/reconciler.js';
import { fakeBackend } from '../../src/testing/fake-backend.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import type { RealServer, VirtualService } from '../../src/virtual-service.js';

function member(last: number): RealServer {
  return { address: `10.0.0.${last}`, port: 80, weight: 1, state: 'active', endpoint: `c/s/m${last}` };
}

function service(port: number, ...members: number[]): VirtualService {
  const servers = members.map(member);
  return {
    key: `192.0.2.1:${port}/tcp`,
    service: `c/s${port}`,
    frontend: { kind: 'address', family: 4, address: '192.0.2.1', protocol: 'tcp', port, portLast: port },
    scheduler: { name: 'round-robin', flags: [] },
    forwarding: { mode: 'nat' },
    sourceNat: 'none',
    persistence: null,
    rescue: false,
    limits: null,
    members: servers,
    slots: servers.map(({ address }) => `${address}:80`),
  };
}

/** A reconciler over an engine in memory, with services that a test changes at will. */
async function bench(...wanted: VirtualService[]) {
  const clock = new FakeClock();
  const faults = new Faults(clock);
  const { plugin, engine } = fakeBackend();
  const desired = new Map(wanted.map((one) => [one.service, one]));
  const troubles: (string | null)[] = [];
  const drifts: string[] = [];
  let vetoes: string | null = null;
  const host: ReconcilerHost = {
    compute: (id) => [desired.get(id)].filter((one) => one !== undefined),
    serviceIds: () => desired.keys(),
    reasonOf: () => 'down',
    adjust: null,
    veto: () => Promise.resolve(vetoes),
    applied: () => undefined,
    trouble: (sentence) => troubles.push(sentence),
    drifted: (what) => drifts.push(what),
  };
  const backend = await plugin.create(undefined as never, {});
  const rendered: string[] = [];
  const make = (dryRun = false): Reconciler => {
    const reconciler = new Reconciler({
      name: 'fake',
      backend,
      clock,
      guard: new Guard(faults, clock),
      dryRun: dryRun ? (text) => rendered.push(text) : null,
      random: () => 0,
    });
    reconciler.host = host;
    return reconciler;
  };
  const want = (...services: VirtualService[]): void => {
    for (const one of services) desired.set(one.service, one);
  };
  const held = (): unknown => [...engine.services.values()].toSorted((a, b) => a.key.localeCompare(b.key));
  return {
    clock,
    faults,
    engine,
    desired,
    backend,
    troubles,
    drifts,
    rendered,
    host,
    make,
    want,
    held,
    veto: (reason: string | null) => (vetoes = reason),
  };
}

test('the engine comes to hold what is wanted, and a second look asks for nothing', async () => {
  const { make, engine, held, clock } = await bench(service(80, 1, 2), service(443, 1));
  const reconciler = make();
  await reconciler.adopt();
  reconciler.start();
  await reconciler.settle();
  assert.deepEqual(held(), [service(443, 1), service(80, 1, 2)]);
  assert.equal(reconciler.status.converged, true);
  const { length } = engine.calls;
  reconciler.markAll();
  await clock.advance(10);
  assert.equal(engine.calls.length, length);
});

test('one dirty service is one change of that service', async () => {
  const { make, engine, want, clock } = await bench(service(80, 1, 2), service(443, 1));
  const reconciler = make();
  reconciler.start();
  await reconciler.settle();
  want({ ...service(80, 1), slots: ['10.0.0.1:80', '10.0.0.1:80'] });
  reconciler.mark('c/s80');
  await clock.advance(1);
  assert.deepEqual(
    engine.changes.slice(2).map(({ key, operations }) => [key, operations.map(({ op }) => op)]),
    [['192.0.2.1:80/tcp', ['remove-member']]],
  );
});

test('what comes together is applied together, and what comes meanwhile is not lost', async () => {
  const { make, engine, want, clock, held } = await bench(service(80, 1), service(443, 1));
  const reconciler = make();
  reconciler.start();
  await reconciler.settle();
  const before = engine.calls.length;
  want(service(80, 1, 2), service(443, 1, 2));
  reconciler.mark('c/s80');
  reconciler.mark('c/s443');
  await new Promise(setImmediate);
  want(service(80, 1, 2, 3));
  reconciler.mark('c/s80');
  await clock.advance(1);
  assert.ok(engine.calls.length - before <= 2);
  assert.deepEqual(held(), [service(443, 1, 2), service(80, 1, 2, 3)]);
});

test('a service that is wanted no more is removed', async () => {
  const { make, desired, clock, held } = await bench(service(80, 1), service(443, 1));
  const reconciler = make();
  reconciler.start();
  await reconciler.settle();
  desired.delete('c/s443');
  reconciler.markAll();
  await clock.advance(1);
  assert.deepEqual(held(), [service(80, 1)]);
});

for (const trouble of [
  { kind: 'fail', code: 'EBUSY' },
  { kind: 'throw', error: new Error('lost the socket') },
  { kind: 'tear', changes: 1, error: new Error('torn') },
  { kind: 'hang' },
  { kind: 'hang', deaf: true },
] as const) {
  test(`an apply that ends in ${trouble.kind}${'deaf' in trouble ? ' (deaf)' : ''} is told, read back, tried again, and told to be over`, async () => {
    const { make, engine, clock, troubles, held } = await bench(service(80, 1), service(443, 2));
    const reconciler = make();
    engine.arrange('apply', trouble, 2);
    reconciler.start();
    await clock.advance(1_000);
    if (trouble.kind === 'hang') await clock.advance(125_000);
    await clock.advance(60_000);
    assert.deepEqual(held(), [service(443, 2), service(80, 1)]);
    assert.equal(reconciler.status.converged, true);
    assert.equal(typeof troubles[0], 'string');
    assert.equal(troubles.at(-1), null);
    const methods = engine.calls.map(({ method }) => method);
    assert.deepEqual(methods.slice(0, 4), ['observe', 'apply', 'observe', 'apply']);
  });
}

test('a backend that refuses with a sentence is quoted, and is not a faulty plugin', async () => {
  const { make, engine, clock, troubles, faults } = await bench(service(80, 1));
  const reconciler = make();
  engine.arrange(
    'observe',
    { kind: 'throw', error: new SluiceError('SLUICE_PRIVILEGE', 'needs CAP_NET_ADMIN: run as root') },
    3,
  );
  reconciler.start();
  await clock.advance(100);
  assert.deepEqual(troubles, ['needs CAP_NET_ADMIN: run as root']);
  assert.equal(reconciler.status.error, 'needs CAP_NET_ADMIN: run as root');
  assert.deepEqual(faults.summaries(), []);
  await clock.advance(60_000);
  assert.equal(reconciler.status.converged, true);
});

test('a backend that cannot listen for others is told of, gets its rules, and listens later', async () => {
  const { make, engine, backend, clock, troubles, drifts, held } = await bench(service(80, 1));
  const reconciler = make();
  const listen = backend.onDrift!.bind(backend);
  backend.onDrift = () => {
    throw new SluiceError('SLUICE_PRIVILEGE', 'may not listen');
  };
  reconciler.start();
  await clock.advance(100);
  assert.deepEqual(troubles, ['may not listen']);
  assert.equal(reconciler.status.converged, false);
  assert.deepEqual(held(), [service(80, 1)]);
  backend.onDrift = listen;
  await clock.advance(60_000);
  assert.equal(reconciler.status.converged, true);
  engine.interfere('table flushed', (services) => services.clear());
  await clock.advance(1);
  assert.deepEqual(drifts, ['table flushed']);
});

test('foreign interference is told and repaired', async () => {
  const { make, engine, clock, drifts, held } = await bench(service(80, 1), service(443, 1));
  const reconciler = make();
  reconciler.start();
  await reconciler.settle();
  engine.interfere('table flushed', (services) => services.clear());
  await clock.advance(1);
  assert.deepEqual(drifts, ['table flushed']);
  assert.deepEqual(held(), [service(443, 1), service(80, 1)]);
});

test('what nobody told of is found by the slow resync', async () => {
  const { make, engine, clock, held } = await bench(service(80, 1));
  const reconciler = make();
  reconciler.start();
  await reconciler.settle();
  engine.services.clear();
  await clock.advance(400_000);
  assert.deepEqual(held(), [service(80, 1)]);
});

test('a veto holds a change back until it is lifted', async () => {
  const { make, engine, clock, veto, held, troubles } = await bench(service(80, 1));
  const reconciler = make();
  veto('maintenance');
  reconciler.start();
  await clock.advance(5_000);
  assert.deepEqual(held(), []);
  assert.equal(troubles[0], 'held back: maintenance');
  veto(null);
  await clock.advance(60_000);
  assert.deepEqual(held(), [service(80, 1)]);
  assert.equal(engine.calls.filter(({ method }) => method === 'apply').length, 1);
});

test('a dry run renders and touches nothing', async () => {
  const { make, engine, rendered, held } = await bench(service(80, 1));
  const reconciler = make(true);
  reconciler.start();
  await reconciler.settle();
  await reconciler.stop('withdraw');
  assert.equal(rendered.length, 1);
  assert.match(rendered[0]!, /192\.0\.2\.1:80/);
  assert.deepEqual(held(), []);
  assert.deepEqual(
    engine.calls.map(({ method, mode }) => mode ?? method),
    ['observe', 'keep'],
  );
});

test('stopping keeps the rules, or withdraws them', async () => {
  for (const mode of ['keep', 'withdraw'] as const) {
    const { make, held, clock } = await bench(service(80, 1));
    const reconciler = make();
    reconciler.start();
    await reconciler.settle();
    await reconciler.stop(mode);
    assert.equal((held() as unknown[]).length, mode === 'keep' ? 1 : 0);
    reconciler.markAll();
    await clock.advance(1_000_000);
    assert.equal((held() as unknown[]).length, mode === 'keep' ? 1 : 0);
  }
});

test('an engine that could not be read at first is tried again once the daemon starts', async () => {
  const { make, engine, clock, held, troubles } = await bench(service(80, 1));
  const reconciler = make();
  engine.arrange('observe', { kind: 'throw', error: new SluiceError('SLUICE_KERNEL', 'busy') });
  await reconciler.adopt();
  reconciler.start();
  await clock.advance(1_000);
  assert.deepEqual(held(), [service(80, 1)]);
  assert.deepEqual(troubles, ['busy', null]);
});

test('a service that the engine refuses keeps none of the others waiting', async () => {
  const { make, engine, clock, held, want, troubles } = await bench(service(80, 1), service(443, 1));
  const reconciler = make();
  engine.arrange('apply', { kind: 'fail', code: 'EADDRINUSE', keys: ['192.0.2.1:80/tcp'] }, 100);
  reconciler.start();
  await clock.advance(120_000);
  assert.deepEqual(held(), [service(443, 1)]);
  want(service(443, 2));
  reconciler.mark('c/s443');
  await clock.advance(250);
  assert.deepEqual(held(), [service(443, 2)]);
  assert.equal(troubles.length, 1);
});

test('a refusal in the first slice of a large change does not hold up the slices after it', async () => {
  const many = Array.from({ length: 1_200 }, (_, index) => service(index + 1, 1));
  const { make, engine, clock, troubles } = await bench(...many);
  const reconciler = make();
  engine.arrange('apply', { kind: 'fail', code: 'EADDRINUSE', keys: ['192.0.2.1:80/tcp'] }, 100);
  reconciler.start();
  await reconciler.settle();
  await clock.advance(1);
  assert.equal(engine.services.size, 1_199);
  assert.deepEqual(troubles, ['192.0.2.1:80/tcp: the engine refuses with EADDRINUSE']);
});

test('while the engine has to be read back, what it was last known to hold still counts', async () => {
  const { make, engine, clock, want } = await bench(service(80, 1));
  const reconciler = make();
  reconciler.start();
  await clock.advance(1);
  engine.arrange('apply', { kind: 'throw', error: new SluiceError('SLUICE_KERNEL', 'busy') });
  want(service(80, 1, 2));
  reconciler.mark('c/s80');
  await clock.advance(1);
  assert.equal(reconciler.status.converged, false);
  assert.equal(reconciler.holds('192.0.2.1:80/tcp', '10.0.0.1:80'), true);
  assert.equal(reconciler.status.services, 1);
});

test('a backend that hangs when it is let go of ends the stop no later than its time-out', async () => {
  const { make, engine, clock } = await bench(service(80, 1));
  const reconciler = make();
  reconciler.start();
  await reconciler.settle();
  engine.arrange('release', { kind: 'hang', deaf: true });
  const stopped = assert.rejects(reconciler.stop('keep'), /did not finish within/);
  await clock.advance(120_000);
  await Promise.race([
    stopped,
    new Promise((_, reject) => setImmediate(reject, new Error('still stopping'))),
  ]);
});

test('a first load comes in slices, but what replaces a disorder comes whole', async () => {
  for (const strays of [0, 1]) {
    const many = Array.from({ length: 1_100 }, (_, nth) => service(nth + 1, 1));
    const { make, engine, backend } = await bench(...many);
    const observe = backend.observe.bind(backend);
    backend.observe = async (signal) => ({ ...(await observe(signal)), strays });
    const reconciler = make();
    reconciler.start();
    await reconciler.settle();
    const sizes = engine.calls.flatMap(({ change }) => (change === undefined ? [] : [change.changes.length]));
    assert.deepEqual(sizes, strays === 0 ? [500, 500, 100] : [1_100]);
  }
});

test('a dry run shows its difference once', async () => {
  const { make, rendered, clock } = await bench(service(80, 1));
  const reconciler = make(true);
  reconciler.start();
  await clock.advance(1_000_000);
  assert.equal(rendered.length, 1);
});
