// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReloadReport } from '../../src/status.js';
import { DaemonLab, until } from '../support/daemon.js';

const WEB = '192.0.2.10:80/tcp';
const DNS = '192.0.2.10:53/udp';
const A = '10.0.0.1';
const B = '10.0.0.2';

const SHOP = `
clusters:
  shop:
    members: { a: ${A}, b: ${B} }
    services:
      web: { listen: "192.0.2.10:80" }
      dns: { listen: "192.0.2.10:53/udp" }
`;

function applied(lab: DaemonLab): string[] {
  return lab.read('applied.log').split('\n').filter(Boolean);
}

test('members that pass are served; one that fails leaves, and returns', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  assert.equal(await lab.start(), null, lab.output);
  await lab.holds(WEB, A, B);
  await lab.holds(DNS, A, B);
  await lab.write(A, 'down');
  await lab.holds(WEB, B);
  const { state, reason, in_rotation } = await lab.endpoint('shop/web/a');
  assert.deepEqual([state, reason, in_rotation], ['down', 'the file says down', false]);
  assert.equal((await lab.status()).clusters[0]!.services[0]!.state, 'degraded');
  await lab.write(A, 'up');
  await lab.holds(WEB, A, B);
});

test('killed at any moment, the rules stay; the next start adopts them and changes nothing that is true', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.write(B, 'down');
  await lab.start();
  await lab.holds(WEB, A);
  await until('the state is saved', () => lab.read('state/state.jsonl').includes('"down"'));
  await lab.end('SIGKILL');
  assert.deepEqual(lab.held(WEB), [A]);
  const before = applied(lab);
  await lab.start();
  // Nothing is asked twice what was known: the saved state says who is down, before any probe.
  assert.equal((await lab.endpoint('shop/web/a')).state, 'up');
  await until('a probe of this run has passed', async () => (await lab.endpoint('shop/web/a')).last_result);
  assert.deepEqual(applied(lab), before);
  assert.doesNotMatch(lab.output, /endpoint (up|down)/);
});

test('what changed while the daemon was away is corrected', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  await lab.end('SIGKILL');
  await lab.write(A, 'down');
  await lab.config(SHOP.replace('53/udp', '54/udp'));
  await lab.start();
  await lab.holds(WEB, B);
  await until('the service that is gone is gone', () => lab.held(DNS) === null);
});

test('a stop keeps the rules, a stop with withdrawal leaves none', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  assert.equal(await lab.end('SIGTERM'), 0);
  assert.deepEqual(lab.held(WEB), [A, B]);
  await lab.start();
  assert.equal((await lab.call('POST', '/v1/stop', { withdraw: true })).status, 200);
  assert.equal(await lab.exited(), 0);
  assert.equal(lab.read('held.json'), '');
  assert.equal(lab.read('control.sock'), '');
});

test('an invalid configuration at start ends with 78 and touches nothing', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP.replace('listen', 'lisen'));
  assert.equal(await lab.start(), 78);
  assert.match(lab.output, /sluice\.yaml:\d+:\d+: error\[SLUICE_CFG_UNKNOWN_KEY\]/);
  assert.match(lab.output, /did you mean `listen`/);
  assert.equal(lab.read('held.json') + lab.read('state/state.jsonl'), '');
});

test('an invalid configuration at reload is shown to who asked, and the old one runs on', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  await lab.config(SHOP.replace('members:', 'member:'));
  const { body } = await lab.call<{ error: { code: string; diagnostics: { place: { line: number } }[] } }>(
    'POST',
    '/v1/reload',
  );
  assert.ok(body.error.diagnostics[0]!.place.line > 5);
  const { config, generation } = await lab.status();
  assert.equal(generation, 1);
  assert.match(config.error ?? '', /member/);
  await lab.write(A, 'down');
  await lab.holds(WEB, B);
});

test('a reload touches what changed and nothing else', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  await lab.holds(DNS, A, B);
  const before = applied(lab).length;
  await lab.config(
    SHOP.replace('web: { listen: "192.0.2.10:80" }', 'web: { listen: "192.0.2.10:80", members: [b] }'),
  );
  const { body } = await lab.call<ReloadReport>('POST', '/v1/reload');
  assert.equal(body.ok, true);
  await lab.holds(WEB, B);
  assert.deepEqual(
    applied(lab)
      .slice(before)
      .map((line) => line.split(' ')[0]),
    [WEB],
  );
  assert.equal((await lab.endpoint('shop/dns/a')).state, 'up');
});

test('renaming moves no traffic: identity is what the kernel sees', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  const before = applied(lab);
  await lab.config(SHOP.replace('shop:', 'store:').replace('web:', 'http:').replace('{ a:', '{ first:'));
  lab.signal('SIGHUP');
  await until('the new names are known', async () => (await lab.endpoint('store/http/first')).state === 'up');
  await until(
    'it has been probed under its new name',
    async () => (await lab.endpoint('store/http/first')).in_rotation,
  );
  assert.deepEqual(applied(lab), before);
});

test('a second daemon on the same socket is refused with the pid of the first', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  const { pid } = lab;
  await using second = await DaemonLab.open();
  await second.config(SHOP);
  await second.write('sluice.yaml', second.read('sluice.yaml').replace(second.socket, lab.socket));
  assert.equal(await second.start(), 1);
  assert.match(second.output, new RegExp(`\\b${pid}\\b`));
  assert.equal(second.read('held.json'), '');
});

test('a dry run shows what it would do and touches nothing', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start('--dry-run');
  await until('the change is shown', () => lab.output.includes(`${WEB} add-service add-member add-member`));
  assert.equal((await lab.status()).dry_run, true);
  assert.equal(lab.read('held.json'), '');
});

test('changing where a backend keeps its rules moves them, over a reload and over a restart', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  const moved = (file: string): Promise<void> =>
    lab.write('sluice.yaml', lab.read('sluice.yaml').replace(/file: \w+\.json/, `file: ${file}`));
  await moved('second.json');
  assert.equal((await lab.call('POST', '/v1/reload')).status, 200);
  await until('the new place is filled', () => lab.read('second.json').includes(WEB));
  assert.equal(lab.read('held.json'), '');
  await lab.end('SIGTERM');
  await moved('held.json');
  await lab.start();
  await lab.holds(WEB, A, B);
  await until('the old place is empty', () => lab.read('second.json') === '');
});

test('a state saved before the last change does not bring a member back that the rules had lost, nor the reverse', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  await lab.end('SIGTERM');
  const bothUp = lab.read('state/state.jsonl');
  await lab.write(A, 'down');
  await lab.start();
  await lab.holds(WEB, B);
  await lab.end('SIGTERM');
  const onlyB = lab.read('state/state.jsonl');
  await lab.write('state/state.jsonl', bothUp);
  await lab.remove('applied.log');
  await lab.start();
  assert.equal(lab.read('applied.log'), '', 'the member that is down came back');
  await lab.remove(A);
  await lab.holds(WEB, A, B);
  await lab.end('SIGKILL');
  await lab.write('state/state.jsonl', onlyB);
  await lab.remove('applied.log');
  await lab.start();
  assert.equal(lab.read('applied.log'), '', 'the member that is up was taken out');
});

test('an adopted rule stays until its first result, however slow the check is', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  await lab.end('SIGKILL');
  await lab.remove('state/state.jsonl');
  const before = applied(lab);
  // Never answers, and its time-out is far away: longer than the daemon waits for first answers.
  await lab.write(A, 'silent');
  await lab.write(B, 'silent');
  await lab.write(
    'sluice.yaml',
    lab.read('sluice.yaml').replace('interval: 200ms, timeout: 100ms', 'interval: 1h, timeout: 30m'),
  );
  await lab.start();
  const { state, in_rotation } = await lab.endpoint('shop/web/a');
  assert.deepEqual([state, in_rotation], ['unknown', true]);
  assert.deepEqual(applied(lab), before);
});

test('a stop in the middle of the start ends in order and keeps what was there', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.write(A, 'silent');
  const started = lab.start();
  await until('the daemon has come to life', () => lab.output.includes('sluice.yaml'));
  assert.equal(await lab.end('SIGTERM'), 0);
  await started;
  assert.equal(lab.read('control.sock'), '');
});

test('a configuration that a reload has replaced says nothing of services any more', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  // Of a and b nothing is known to the check of the new services until patience is at its end.
  for (const address of [A, B]) await lab.write(address, 'silent');
  const slow = (name: string, last: number): string =>
    `      ${name}: { listen: "192.0.2.${last}:80", check: { type: file, interval: 1h, timeout: 30m } }\n`;
  await lab.config(SHOP + slow('late', 20));
  lab.signal('SIGHUP');
  await until('the first reload is in force', () => lab.output.includes('generation 2 is in force'));
  await lab.config(SHOP + slow('late', 20) + slow('later', 21));
  lab.signal('SIGHUP');
  const said = (service: string): number => lab.output.split(`"shop/${service}"`).length - 1;
  await until('the second reload has judged its services', () => said('later') > 0);
  assert.equal(said('late'), 1, lab.output);
});

test('a reload in the middle of the start comes after it', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  const started = lab.start();
  await until('the daemon has come to life', () => lab.output.includes('sluice.yaml'));
  lab.signal('SIGHUP');
  await started;
  await until('the reload is in force', async () => (await lab.status()).generation === 2);
  await lab.holds(WEB, A, B);
});
