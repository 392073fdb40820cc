// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Explanation } from '../../src/status.js';
import { DaemonLab, until } from '../support/daemon.js';

const PLUGINS = fileURLToPath(new URL('../../../test/fixtures/plugins/', import.meta.url));
const WEB = '192.0.2.10:80/tcp';
const A = '10.0.0.1';
const B = '10.0.0.2';

/** A daemon whose probes alone would see nothing during the test. */
async function open(watch: object, check: object = {}): Promise<DaemonLab> {
  const lab = await DaemonLab.open();
  await lab.write(
    'sluice.yaml',
    JSON.stringify({
      control: { socket: lab.socket },
      state: { directory: join(lab.folder, 'state') },
      plugins: ['file-backend', 'file-check', 'file-watch'].map((name) => `${PLUGINS}${name}.mjs`),
      backends: { file: { file: 'held.json' } },
      defaults: { backend: 'file' },
      clusters: {
        shop: {
          members: { a: A, b: B },
          services: {
            web: {
              listen: '192.0.2.10:80',
              check: { type: 'file', interval: '1h', timeout: '1s', rise: 2, fall: 3, ...check },
              watch: [{ type: 'file', ...watch }],
            },
          },
        },
      },
    }),
  );
  await lab.start();
  await lab.holds(WEB, A, B);
  return lab;
}

async function sign(lab: DaemonLab, line: string): Promise<void> {
  await appendFile(join(lab.folder, 'signs'), `${line}\n`);
}

const explain = async (lab: DaemonLab): Promise<Explanation> =>
  (await lab.call<Explanation>('GET', '/v1/endpoints/shop/web/a')).body;

const watchOf = async (lab: DaemonLab) => (await explain(lab)).watches[0]!;

test('verify, the default: a sign has the member probed at once, and that failure is enough', async () => {
  await using lab = await open({});
  await lab.write(A, 'down');
  await sign(lab, `${A} refused 1`);
  await lab.holds(WEB, B);
  const { endpoint, watches } = await explain(lab);
  assert.equal(endpoint.reason, 'the file says down');
  assert.equal(watches[0]!.on, 'verify');
  assert.equal(watches[0]!.signs, 1);
  assert.equal(watches[0]!.last!.reason, 'the file says refused');
  assert.notEqual(watches[0]!.acted_at, null);
});

test('verify: signs against a member that answers its probes take nobody down', async () => {
  await using lab = await open({});
  for (let nth = 0; nth < 50; nth += 1) await sign(lab, `${A} refused 1000`);
  await until('all have been heard', async () => (await watchOf(lab)).signs === 50_000);
  const { endpoint, checks } = await explain(lab);
  assert.equal(endpoint.state, 'up');
  assert.ok(checks[0]!.results.length < 10, `${checks[0]!.results.length} probes for one burst of signs`);
  assert.deepEqual(lab.held(WEB), [A, B]);
});

test('verify: a probe that has no verdict changes nothing', async () => {
  await using lab = await open({});
  await lab.write(A, 'throw');
  await sign(lab, `${A} refused 1`);
  await until('a probe has been made', async () => (await explain(lab)).checks[0]!.results.length === 2);
  assert.equal((await explain(lab)).endpoint.state, 'up');
});

test('down: signs alone take the member down, and passes bring it back', async () => {
  await using lab = await open({ on: 'down', count: 3 }, { down_interval: '100ms', fast_interval: '100ms' });
  await sign(lab, `${A} refused 2`);
  await until('two have been heard', async () => (await watchOf(lab)).signs === 2);
  assert.deepEqual(lab.held(WEB), [A, B]);
  await sign(lab, `${A} refused 1`);
  await lab.holds(WEB, B);
  assert.equal((await explain(lab)).endpoint.reason, 'watch/file saw: the file says refused');
  await lab.holds(WEB, A, B);
});

test('observe: signs are counted, and nothing follows', async () => {
  await using lab = await open({ on: 'observe' });
  await lab.write(A, 'down');
  await sign(lab, `${A} refused 7`);
  await until('they have been heard', async () => (await watchOf(lab)).signs === 7);
  assert.equal((await explain(lab)).endpoint.state, 'up');
  assert.equal((await explain(lab)).checks[0]!.results.length, 1);
});

test('a watcher that throws or says nonsense is named, started again, and heard again', async () => {
  await using lab = await open({});
  await sign(lab, `${A} odd 1`);
  await sign(lab, 'nobody refused 1');
  await sign(lab, `${A} throw 1`);
  await until('the status says so', async () =>
    (await lab.status()).warnings.some((sentence) => /watch\/file does not watch/.test(sentence)),
  );
  const { plugins } = await lab.status();
  assert.equal(plugins.find(({ name }) => name === 'watch/file')!.faults, 3);
  await lab.write(A, 'down');
  await sign(lab, `${A} refused 1`);
  await lab.holds(WEB, B);
  await until('the warning is over', async () => (await lab.status()).warnings.length === 0);
});

test('a reload goes on watching, for the new configuration', async () => {
  await using lab = await open({});
  assert.equal((await lab.call('POST', '/v1/reload')).status, 200);
  await lab.write(A, 'down');
  await sign(lab, `${A} refused 1`);
  await lab.holds(WEB, B);
});
