// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import tcp from '../../plugins/check-tcp/index.js';
import type { CheckTarget, Prober } from '../../src/plugin/api.js';
import { testContext } from '../../src/testing.js';
import { needs } from '../needs.js';
import { tcpOptions } from '../support/check-options.js';
import { freePort, tcpServer } from '../support/loopback.js';
import { said, targetAt } from '../support/probe.js';
import { silentServer } from '../support/silent-server.js';
import { sweep } from '../support/sweep.js';

async function prober(options = tcpOptions()): Promise<Prober> {
  return tcp.create(testContext(), options);
}

function target(port: number, changes: Partial<CheckTarget> = {}): CheckTarget {
  return { ...targetAt({ address: '127.0.0.1', port }), ...changes };
}

describe('the sweep of the TCP check', needs('koffi'), () => {
  it('is there for half handshakes alone', async () => {
    assert.ok('probeMany' in (await prober()));
    assert.ok('probeMany' in (await prober(tcpOptions({ handshake: 'half' }))));
    for (const options of [
      tcpOptions({ handshake: 'full' }),
      tcpOptions({ close: true }),
      tcpOptions({ script: [{ expect: 'x' }] }),
      tcpOptions({ tls: true }),
    ]) {
      assert.ok(!('probeMany' in (await prober(options))));
    }
  });

  it('reports of each target by the object that it got, and ends with the targets', async (t) => {
    const silent = await silentServer();
    t.after(silent.close);
    let accepted = 0;
    const server = await tcpServer(t, () => (accepted += 1));
    const six = await tcpServer(t, () => {}, '::1');
    const targets = {
      open: target(server.port),
      six: targetAt({ address: '::1', port: six.port }),
      closed: target(await freePort()),
      silent: target(silent.port, { timeoutMs: 100 }),
      abroad: target(server.port, { source: '192.0.2.9' }),
      device: target(server.port, { source: 'no-such-device' }),
    };
    const batch = Object.values(targets);
    const reports = await sweep(await prober(), [batch, [targets.open, targets.closed]]);
    assert.equal(reports.length, batch.length + 2);
    const last = new Map(reports);
    assert.match(said(last.get(targets.open)!), /^pass: connected in [\d.]+ ms$/);
    assert.match(said(last.get(targets.six)!), /^pass: connected in [\d.]+ ms$/);
    assert.equal(said(last.get(targets.closed)!), 'refused: connection refused');
    assert.equal(said(last.get(targets.silent)!), 'timeout: timed out connecting');
    assert.match(said(last.get(targets.abroad)!), /^inconclusive: the source address is not on this host/);
    assert.match(said(last.get(targets.device)!), /^inconclusive: there is no interface no-such-device/);
    assert.equal(accepted, 0, 'no service was woken');
  });

  it('says the same thing with the same object', async (t) => {
    const server = await tcpServer(t, () => {});
    const one = target(server.port);
    const reports = await sweep(
      await prober(),
      Array.from({ length: 200 }, () => [one]),
    );
    const outcomes = new Map(reports.map(([, outcome]) => [outcome, outcome.reason]));
    assert.equal(outcomes.size, new Set(outcomes.values()).size);
    assert.ok(outcomes.size < 100, `${outcomes.size} times for 200 probes of loopback`);
  });

  it('ends soon after the abort, with nothing left open', async (t) => {
    const silent = await silentServer();
    t.after(silent.close);
    const before = readdirSync('/proc/self/fd').length;
    const abort = new AbortController();
    const sweeping = sweep(await prober(), [[target(silent.port), target(silent.port)]], abort.signal);
    await new Promise(setImmediate);
    abort.abort();
    assert.deepEqual(await sweeping, []);
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });

  it('probes one by one where there is no koffi', async (t) => {
    const silent = await silentServer();
    t.after(silent.close);
    const ports = [silent.port, await freePort()];
    const script = `
      const Module = require('node:module');
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (name, ...rest) {
        if (name === 'koffi') throw Object.assign(new Error('none'), { code: 'MODULE_NOT_FOUND' });
        return resolve.call(this, name, ...rest);
      };
      const [modules, targets] = process.argv.slice(1).map(JSON.parse);
      Promise.all(modules.map((url) => import(url))).then(async ([{ default: tcp }, { testContext }, { sweep }]) => {
        const reports = await sweep(await tcp.create(testContext(), { close: false }), [targets]);
        console.log(reports.map(([{ port }, { reason }]) => port + ' ' + reason).sort().join(', '));
      });`;
    const modules = ['../../plugins/check-tcp/index.js', '../../src/testing.js', '../support/sweep.js'];
    const output = execFileSync(
      process.execPath,
      [
        '-e',
        script,
        JSON.stringify(modules.map((path) => new URL(path, import.meta.url).href)),
        JSON.stringify(ports.map((port) => target(port, { timeoutMs: 300 }))),
      ],
      { encoding: 'utf8', timeout: 20_000 },
    );
    const expected = [`${ports[0]} timed out connecting`, `${ports[1]} connection refused`];
    assert.equal(output, `${expected.toSorted().join(', ')}\n`);
  });
});
