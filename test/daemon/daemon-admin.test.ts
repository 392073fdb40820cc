// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdminReport, CheckNow, Explanation } from '../../src/status.js';
import { DaemonLab, until } from '../support/daemon.js';

const WEB = '192.0.2.10:80/tcp';
const TLS = '192.0.2.10:443/tcp';
const A = '10.0.0.1';
const B = '10.0.0.2';
const SHOP = `
clusters:
  shop:
    members: { a: ${A}, b: ${B} }
    services: { web: { listen: "192.0.2.10:80" }, tls: { listen: "192.0.2.10:443", port: 80 } }
`;

function admin(lab: DaemonLab, target: string, word: string, for_?: string) {
  return lab.call<AdminReport>('PUT', `/v1/${target}/admin`, {
    admin: word,
    ...(for_ === undefined ? {} : { for: for_ }),
  });
}

test('a drained member leaves all of its services and returns when enabled; one endpoint alone can be taken out', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  const { body } = await admin(lab, 'members/shop/a', 'drain');
  assert.deepEqual(body.endpoints, ['shop/web/a', 'shop/tls/a']);
  await lab.holds(WEB, B);
  await lab.holds(TLS, B);
  await admin(lab, 'members/shop/a', 'enabled');
  await lab.holds(TLS, A, B);
  await admin(lab, 'endpoints/shop/web/b', 'disabled');
  await lab.holds(WEB, A);
  assert.deepEqual(lab.held(TLS), [A, B]);
});

test('an override survives reload and kill, and goes with its member', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  await admin(lab, 'members/shop/a', 'drain');
  await lab.holds(WEB, B);
  await lab.end('SIGKILL');
  await lab.start();
  assert.equal((await lab.endpoint('shop/web/a')).admin, 'drain');
  assert.deepEqual(lab.held(WEB), [B]);
  await lab.call('POST', '/v1/reload');
  assert.equal((await lab.endpoint('shop/web/a')).admin, 'drain');
  await lab.config(SHOP.replace(`a: ${A}, `, ''));
  await lab.call('POST', '/v1/reload');
  await lab.config(SHOP);
  await lab.call('POST', '/v1/reload');
  await lab.holds(WEB, A, B);
});

test('an override for a time ends by itself', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  const { body } = await admin(lab, 'members/shop/a', 'disabled', '1500ms');
  assert.ok(body.until !== null);
  await lab.holds(WEB, B);
  const { body: explained } = await lab.call<Explanation>('GET', '/v1/endpoints/shop/web/a');
  assert.match(explained.summary, /An operator set shop\/a to disabled, until/);
  await lab.holds(WEB, A, B);
});

test('a target that does not exist is refused by name', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  const { status, body } = await admin(lab, 'members/shop/zz', 'drain');
  assert.equal(status, 404);
  assert.match(JSON.stringify(body), /SLUICE_NOT_FOUND.*shop\/zz/);
});

test('an agent that asks for drain takes its member out as long as it asks', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  await lab.write(A, 'drain');
  await lab.holds(WEB, B);
  assert.equal((await lab.endpoint('shop/web/a')).state, 'up');
  await lab.write(A, 'up');
  await lab.holds(WEB, A, B);
});

test('what an agent asked for stays asked for when its next probe fails or says nothing', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  await lab.write(A, 'drain');
  await lab.holds(WEB, B);
  await lab.write(A, 'throw');
  await until('two inconclusive probes', async () => {
    const { body } = await lab.call<Explanation>('GET', '/v1/endpoints/shop/web/a');
    return body.checks[0]!.results.filter(({ verdict }) => verdict === 'inconclusive').length >= 2;
  });
  await until('the backend has converged', async () => (await lab.status()).backends[0]!.converged);
  assert.deepEqual(lab.held(WEB), [B]);
});

test('identical probes run once and feed both services', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  const { body } = await lab.call<Explanation>('GET', '/v1/endpoints/shop/web/a');
  assert.deepEqual(body.checks[0]!.shared_with, ['shop/tls/a']);
  const probes = (): number =>
    lab
      .read('probed.log')
      .split('\n')
      .filter((line) => line === `${A}:80`).length;
  const results = async (): Promise<string> =>
    JSON.stringify((await lab.call<Explanation>('GET', '/v1/endpoints/shop/tls/a')).body.checks[0]!.results);
  const before = await results();
  await until('a shared result has come', async () => (await results()) !== before);
  const { started_at } = await lab.status();
  const rounds = (Date.now() - Date.parse(started_at)) / 200 + 2;
  assert.ok(probes() <= rounds, `${probes()} probes in ${rounds} rounds`);
});

test('a check by hand shows its dialogue and counts for nothing', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(
    SHOP.replace('services:', 'services:').replace(
      '"192.0.2.10:80" }',
      '"192.0.2.10:80", check: { interval: 1h } }',
    ),
  );
  await lab.start();
  const look = async (): Promise<Explanation> =>
    (await lab.call<Explanation>('GET', '/v1/endpoints/shop/web/a')).body;
  const before = (await look()).checks[0]!.results;
  const { body } = await lab.call<CheckNow>('POST', '/v1/endpoints/shop/web/a/check');
  assert.equal(body.probes[0]!.result.verdict, 'pass');
  assert.deepEqual(body.probes[0]!.dialogue, ['< up']);
  assert.deepEqual((await look()).checks[0]!.results, before);
});

test('a member is enabled by command even where only one of its services says otherwise', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(
    SHOP.replace('"192.0.2.10:80" }', '"192.0.2.10:80", members: { a: { admin: disabled }, b: {} } }'),
  );
  await lab.start();
  await lab.holds(WEB, B);
  await admin(lab, 'members/shop/a', 'enabled');
  await lab.holds(WEB, A, B);
});
