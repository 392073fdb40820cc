// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import command from '../../plugins/check-command/index.js';
import { ownTurn } from '../../plugins/check-command/own-turn.js';
import tcp from '../../plugins/check-tcp/index.js';
import type { CheckTarget, Prober } from '../../src/plugin/api.js';
import { Faults } from '../../src/plugin/faults.js';
import { systemClock } from '../../src/runtime/clock.js';
import { Doubt } from '../../src/runtime/doubt.js';
import type { Probe } from '../../src/runtime/probe.js';
import { ProbeRunner } from '../../src/runtime/probe-runner.js';
import { testContext } from '../../src/testing.js';
import { commandOptions, tcpOptions } from '../support/check-options.js';
import { targetAt } from '../support/probe.js';
import { until } from '../support/until.js';

const PROCESSES = 16;

function probeOf(type: string, prober: Prober, target: CheckTarget): Probe {
  const cost = type === 'command' ? 'process' : 'socket';
  const spec = {
    type,
    options: {},
    intervalMs: 60_000,
    timeoutMs: target.timeoutMs,
    rise: 2,
    fall: 3,
    fastIntervalMs: 500,
    downIntervalMs: 60_000,
    port: null,
    address: null,
    source: null,
    fwmark: null,
    fingerprint: 'f',
  };
  return { key: `${type} ${target.port}`, target, cost, prober, spec };
}

test('a thousand commands that hang keep no socket waiting', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-crowd-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'started');
  const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);

  const clock = systemClock;
  const faults = new Faults(clock);
  const doubt = new Doubt({
    clock,
    onChange: () => undefined,
    onBlock: () => undefined,
    connectionTable: () => Promise.resolve(null),
  });
  const runner = new ProbeRunner({ clock, faults, doubt, mostSockets: 64, mostProcesses: PROCESSES });
  const hanging = await command.create(
    testContext(),
    commandOptions(['sh', '-c', `echo started >> ${file}; exec sleep 600`]),
  );
  const stop = new AbortController();
  const stoppable: Prober = {
    probe: (target, signal) => hanging.probe(target, AbortSignal.any([signal, stop.signal])),
  };
  const far = { address: '10.0.0.1', port: 9 };
  let commandsDone = 0;
  const commands = Array.from({ length: 1_000 }, async () => {
    await runner.run(probeOf('command', stoppable, { ...targetAt(far), timeoutMs: 600_000 }));
    commandsDone += 1;
  });
  const started = async (): Promise<number> =>
    (await readFile(file, 'utf8').catch(() => '')).split('\n').length - 1;
  await until(async () => (await started()) === PROCESSES);

  const connecting = await tcp.create(testContext(), tcpOptions({ handshake: 'full' }));
  const target = targetAt({ address: '127.0.0.1', port: address.port });
  const sockets = Array.from({ length: 1_000 }, () => runner.run(probeOf('tcp', connecting, target)));
  for (const { outcome } of await Promise.all(sockets)) assert.equal(outcome.verdict, 'pass', outcome.reason);
  assert.equal(commandsDone, 0, 'no command has ended yet');
  assert.equal(await started(), PROCESSES, 'no more than these run');

  stop.abort();
  await Promise.all(commands);
});

test('no two commands are started in one turn of the loop', async () => {
  let turn = 0;
  let counting = true;
  const count = (): void => {
    turn += 1;
    if (counting) setImmediate(count);
  };
  count();
  const turns = await Promise.all(
    Array.from({ length: 50 }, async () => {
      await ownTurn();
      return turn;
    }),
  );
  counting = false;
  assert.equal(new Set(turns).size, turns.length);
});
