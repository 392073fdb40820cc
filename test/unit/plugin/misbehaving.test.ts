// SPDX-License-Identifier: MIT
/** Plugins that do all a plugin should not: each is named, and nothing else notices. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CheckOutcome, CheckTarget, PluginContext } from '../../../src/plugin/api.js';
import { BlockWatch } from '../../../src/plugin/block-watch.js';
import { pluginContext } from '../../../src/plugin/context.js';
import { Disposables } from '../../../src/plugin/dispose.js';
import { Faults } from '../../../src/plugin/faults.js';
import { Guard } from '../../../src/plugin/guard.js';
import { OpenHandles } from '../../../src/plugin/handles.js';
import { Hooks } from '../../../src/plugin/hooks.js';
import { createPluginRegistry, pluginId } from '../../../src/plugin/plugin-registry.js';
import { lastBlocker } from '../../../src/plugin/running.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { checkedOutcome } from '../../../src/runtime/outcome.js';

// The daemon's clock keeps no process alive, and some of these plugins leave nothing else to wait for.
const awake = setInterval(() => {}, 1_000);
after(() => clearInterval(awake));

const FIXTURES = fileURLToPath(new URL('../../fixtures/misbehaving/', import.meta.url));
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const SERVICE = {
  key: '192.0.2.1:80/tcp',
  service: 'shop/http',
  frontend: { kind: 'address', family: 4, address: '192.0.2.1', protocol: 'tcp', port: 80, portLast: 80 },
  scheduler: { name: 'random', flags: [] },
  forwarding: { mode: 'nat' },
  sourceNat: 'none',
  persistence: null,
  rescue: false,
  limits: null,
  members: [{ address: '10.0.0.1', port: 80, weight: 1, state: 'active', endpoint: 'shop/http/a' }],
  slots: null,
} as const;

function setUp() {
  const faults = new Faults(systemClock);
  const guard = new Guard(faults, systemClock);
  const hooks = new Hooks({ guard, onMuted: () => {} });
  const registry = createPluginRegistry();
  const context = (plugin: { kind: 'check' | 'extension'; name: string }): PluginContext =>
    pluginContext({
      plugin,
      log: { child: () => SILENT },
      clock: systemClock,
      hooks,
      signal: new AbortController().signal,
      directory: FIXTURES,
      connect: () => Promise.reject(new Error('not used here')),
    });

  async function probe(name: string, port = 9): Promise<CheckOutcome | null> {
    const plugin = await registry.add(`./${name}.js`, FIXTURES);
    assert.equal(plugin.kind, 'check');
    const prober = await plugin.create(context(plugin), {});
    const target: CheckTarget = {
      endpoint: 'shop/http/a',
      address: '127.0.0.1',
      family: 4,
      port,
      protocol: 'tcp',
      timeoutMs: 20,
      source: null,
      fwmark: null,
      trace: false,
    };
    const run = (signal: AbortSignal): Promise<CheckOutcome> => prober.probe(target, signal);
    const result = await guard.call(pluginId(plugin), 'probe', run, { timeoutMs: port === 9 ? 20 : 2_000 });
    return result.ok ? checkedOutcome(result.value, pluginId(plugin), faults) : null;
  }

  async function extend(name: string): Promise<unknown> {
    const plugin = await registry.add(`./${name}.js`, FIXTURES);
    assert.equal(plugin.kind, 'extension');
    return plugin.create(context(plugin), {});
  }
  return { faults, guard, hooks, probe, extend };
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    assert.ok(Date.now() < end, 'the condition came true in time');
    await wait(5);
  }
}

describe('a check that', () => {
  it('throws', async () => {
    const { faults, probe } = setUp();
    assert.equal(await probe('throws'), null);
    assert.equal(faults.last('check/throws')?.kind, 'throw');
  });

  it('hangs', async () => {
    const { faults, probe } = setUp();
    assert.equal(await probe('hangs'), null);
    assert.equal(faults.last('check/hangs')?.kind, 'timeout');
  });

  it('returns nonsense says nothing about the member', async () => {
    const { faults, probe } = setUp();
    const outcome = await probe('returns-nonsense');
    assert.equal(outcome?.verdict, 'inconclusive');
    assert.equal(faults.last('check/returns-nonsense')?.message, 'returned the unknown verdict "maybe"');
  });

  it('rejects late', async () => {
    const { faults, probe } = setUp();
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    assert.equal(await probe('rejects-late'), null);
    await until(() => faults.last('check/rejects-late')?.kind === 'late');
    process.off('unhandledRejection', note);
    assert.deepEqual(unhandled, []);
  });

  it('holds the event loop', async () => {
    const startedMs = systemClock.monotonicMs();
    const { faults, probe } = setUp();
    assert.equal((await probe('blocks'))?.verdict, 'pass');
    assert.equal(faults.last('check/blocks')?.kind, 'blocked');
    assert.match(faults.last('check/blocks')!.message, /^held the event loop for \d{3} ms$/);
    assert.equal(lastBlocker(startedMs)?.plugin, 'check/blocks');
  });

  it('holds the event loop when nobody calls it', async () => {
    const { faults, probe } = setUp();
    using watch = new BlockWatch(faults, systemClock);
    watch.suspect();
    await probe('blocks-later');
    await until(() => faults.count('check/blocks-later') > 0);
    const fault = faults.last('check/blocks-later')!;
    assert.deepEqual([fault.kind, fault.hook], ['blocked', 'probe']);
  });

  it('leaves a connection open', async () => {
    const { faults, probe } = setUp();
    using handles = new OpenHandles();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const accepted = once(server, 'connection');
    await probe('leaks', address.port);
    assert.deepEqual(handles.holders(), [{ plugin: 'check/leaks', open: 1 }]);
    handles.fileExcess(1, faults);
    handles.fileLeaks(new Set(['check/leaks']), faults);
    assert.equal(faults.count('check/leaks'), 0, 'not while it lives and has few');
    handles.fileLeaks(new Set(), faults);
    assert.equal(faults.count('check/leaks'), 0, 'nor at once');
    handles.fileLeaks(new Set(), faults);
    assert.equal(faults.last('check/leaks')?.message, 'left a socket or process open');
    handles.fileExcess(-16, faults);
    assert.match(faults.last('check/leaks')!.message, /it does not close them$/);
    const [socket] = (await accepted) as [{ destroy(): void }];
    socket.destroy();
    server.close();
    await until(() => handles.holders().length === 0);
  });
});

describe('an extension that', () => {
  it('answers a synchronous hook with a promise', async () => {
    const { faults, hooks, extend } = setUp();
    await extend('async-in-sync');
    const kinds: string[] = [];
    faults.onFault(({ kind }) => kinds.push(kind));
    hooks.healthChanged({ endpoint: 'a/b/c', from: 'up', to: 'down', reason: 'refused', at: 0 });
    await until(() => kinds.length === 2);
    assert.deepEqual(kinds, ['async-in-sync', 'late']);
  });

  it('writes to what it was lent', async () => {
    const { faults, hooks, extend } = setUp();
    await extend('mutates');
    assert.deepEqual(
      hooks.adjustDesired([SERVICE], { backend: 'nftables' }, () => undefined),
      [SERVICE],
    );
    assert.equal(SERVICE.members.length, 1);
    assert.equal(faults.last('extension/mutates')?.code, 'TypeError');
  });

  it('never finishes letting go', async () => {
    const { guard, faults, extend } = setUp();
    const disposables = new Disposables(guard, 50);
    const gone: string[] = [];
    disposables.add('extension/first', { [Symbol.dispose]: () => gone.push('first') });
    disposables.add('extension/keeps-running', await extend('keeps-running'));
    disposables.add('extension/last', { [Symbol.dispose]: () => gone.push('last') });
    assert.deepEqual(await disposables.dispose(), ['extension/keeps-running']);
    assert.deepEqual(gone, ['last', 'first']);
    assert.equal(faults.last('extension/keeps-running')?.hook, 'dispose');
  });
});

describe('a stray error', () => {
  it('of a plugin’s own timer is the plugin’s fault, any other the daemon’s', async () => {
    // In a process of its own, as node:test has handlers of its own for these.
    const script = fileURLToPath(new URL('../../fixtures/stray-errors.js', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script]);
    assert.deepEqual(JSON.parse(stdout), {
      blamed: ['check/throws-later probe throw: from a timer (outside of any call, caught by nobody)'],
      fatal: ['the daemon itself'],
    });
  });
});
