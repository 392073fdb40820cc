// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CheckNow } from '../../src/status.js';
import { DaemonLab, until } from '../support/daemon.js';

const PLUGINS = fileURLToPath(new URL('../../../test/fixtures/plugins/', import.meta.url));
const WEB = '192.0.2.10:80/tcp';
const A = '10.0.0.1';
const B = '10.0.0.2';

/** Members a and b, and a crowd that is always well. */
async function open(): Promise<DaemonLab> {
  const lab = await DaemonLab.open();
  const crowd = Array.from({ length: 40 }, (_, nth) => [`m${nth}`, `10.0.1.${nth + 1}`]);
  await lab.write(
    'sluice.yaml',
    JSON.stringify({
      control: { socket: lab.socket },
      state: { directory: `${lab.folder}/state` },
      plugins: ['file-backend', 'file-sweep'].map((name) => `${PLUGINS}${name}.mjs`),
      backends: { file: { file: 'held.json' } },
      defaults: {
        backend: 'file',
        check: { type: 'sweep', interval: '200ms', timeout: '100ms', rise: 2, fall: 2 },
      },
      clusters: {
        shop: { members: { a: A, b: B }, services: { web: { listen: '192.0.2.10:80' } } },
        crowd: { members: Object.fromEntries(crowd), services: { web: { listen: '192.0.2.11:80' } } },
      },
    }),
  );
  return lab;
}

test('a sweep feeds health, rules and status like any check; a command probes alone', async () => {
  await using lab = await open();
  await lab.start();
  await lab.holds(WEB, A, B);
  await lab.write(A, 'down');
  await lab.holds(WEB, B);
  assert.equal((await lab.endpoint('shop/web/a')).reason, 'the file says down');
  await lab.remove(A);
  await lab.holds(WEB, A, B);
  const { body } = await lab.call<CheckNow>('POST', '/v1/endpoints/shop/web/a/check');
  assert.equal(body.probes[0]!.result.reason, 'probed alone');
});

test('status counts probes and tells how late they began', async () => {
  await using lab = await open();
  await lab.start();
  const before = (await lab.status()).probing;
  const { probing } = await until('a hundred more probes', async () => {
    const status = await lab.status();
    return status.probing.started >= before.started + 100 ? status : null;
  });
  assert.equal(probing.probes, 42);
  assert.ok(probing.late_ms !== null && probing.late_ms.p50 <= probing.late_ms.max);
});

test('a sweep that forgets a target times that one out, is named, and the others go on', async () => {
  await using lab = await open();
  await lab.start();
  await lab.holds(WEB, A, B);
  await lab.write(A, 'forget');
  await lab.holds(WEB, B);
  assert.match((await lab.endpoint('shop/web/a')).reason, /no answer within 100 ms/);
  const { plugins } = await lab.status();
  assert.match(plugins.find(({ name }) => name === 'check/sweep')!.last_fault!, /shop\/web\/a/);
});

test('a sweep that throws takes nobody down and starts again', async () => {
  await using lab = await open();
  await lab.start();
  await lab.holds(WEB, A, B);
  await lab.write(A, 'throw');
  const faultsOf = async () =>
    (await lab.status()).plugins.find(({ name }) => name === 'check/sweep')!.faults;
  await until('three faults', async () => (await faultsOf()) >= 3);
  await lab.holds(WEB, A, B);
  await lab.write(A, 'down');
  await lab.holds(WEB, B);
});
