// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import type { Explanation } from '../../src/status.js';
import { DaemonLab, until } from '../support/daemon.js';

const WEB = '192.0.2.10:80/tcp';
const A = '10.0.0.1';
const B = '10.0.0.2';
const SHOP = `
clusters:
  shop:
    members: { a: ${A}, b: ${B} }
    services: { web: { listen: "192.0.2.10:80" } }
`;

async function faults(lab: DaemonLab): Promise<string> {
  const { plugins } = await lab.status();
  return plugins.find(({ name }) => name === 'check/file')?.last_fault ?? '';
}

for (const [word, told] of [
  ['throw', /the file says throw/],
  ['nonsense', /returned a value of type number/],
  ['hang', /did not end within/],
  ['block', /held the event loop/],
  ['late', /nobody waits for this/],
] as const) {
  test(`a check that says ${word} is named, keeps its member as it was, and the others keep their cadence`, async () => {
    await using lab = await DaemonLab.open();
    await lab.config(SHOP);
    await lab.start();
    await lab.holds(WEB, A, B);
    await lab.write(A, word);
    await until('the plugin is named in the status', async () => told.test(await faults(lab)));
    await until('the plugin is named in the log', () => lab.output.includes('check/file'));
    const results = async () =>
      (await lab.call<Explanation>('GET', '/v1/endpoints/shop/web/b')).body.checks[0]!.results;
    const [first] = await results();
    const fresh = await until('five more probes of b', async () => {
      const all = await results();
      const more = all.filter(({ at }) => at > first!.at);
      return more.length >= 5 ? more : null;
    });
    const gaps = fresh.slice(0, -1).map(({ at }, index) => Date.parse(at) - Date.parse(fresh[index + 1]!.at));
    assert.ok(Math.max(...gaps) < 800, `gaps of ${gaps.join(', ')} ms at an interval of 200 ms`);
    if (word !== 'hang') assert.ok(lab.held(WEB)?.includes(A), 'a local fault took the member out');
  });
}

test('an engine that refuses is told in the status, tried again, and catches up', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  await lab.write('refuse', '');
  await lab.write(A, 'down');
  await until('the status tells of it', async () =>
    (await lab.status()).backends[0]!.last_error?.includes('busy'),
  );
  assert.equal((await lab.status()).backends[0]!.converged, false);
  await lab.remove('refuse');
  await lab.holds(WEB, B);
  await until('all is well again', async () => (await lab.status()).backends[0]!.converged);
});

test('a state directory that cannot be written is one clear sentence, and health goes on', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.write('state', 'a file where a folder should be');
  await lab.start();
  await lab.holds(WEB, A, B);
  const warnings = await until('the warning', async () => {
    const { warnings } = await lab.status();
    return warnings.length > 0 ? warnings : null;
  });
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0]!,
    /cannot save the last known state in .*state: .*; a restart will have to probe afresh/,
  );
});

test('a drain that a restart would forget is no plain success', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.write('state', 'a file where a folder should be');
  await lab.start();
  await lab.holds(WEB, A, B);
  const { status, body } = await lab.call('PUT', '/v1/members/shop/a/admin', { admin: 'drain' });
  assert.ok(status >= 400);
  assert.match(JSON.stringify(body), /SLUICE_STATE_WRITE.*a restart will forget it/);
  await lab.holds(WEB, B);
});

test('a damaged state file is told and ignored', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.end('SIGTERM');
  await lab.write('state/state.jsonl', '{"version":1');
  await lab.start();
  await lab.holds(WEB, A, B);
  assert.match(lab.output, /the saved state is not used/);
});

test('a quiet hour is quiet: nothing is logged while nothing changes', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  const { last_result: first } = await lab.endpoint('shop/web/a');
  const { length } = lab.output;
  await until(
    'some more probes',
    async () =>
      Date.parse((await lab.endpoint('shop/web/a')).last_result!.at) > Date.parse(first!.at) + 1_000,
  );
  assert.equal(lab.output.slice(length), '');
});

test('SIGUSR1 logs the status', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.holds(WEB, A, B);
  lab.signal('SIGUSR1');
  await until('the status is logged', () => /"service":"shop\/web".*"msg":"service status"/.test(lab.output));
});

test(
  'a log that cannot be written costs lines and nothing else',
  { skip: process.platform !== 'linux' && 'needs /dev/full' },
  async () => {
    await using lab = await DaemonLab.open();
    await lab.config(SHOP);
    lab.logFile = '/dev/full';
    await lab.start();
    await lab.holds(WEB, A, B);
    await lab.write(A, 'down');
    await lab.holds(WEB, B);
    assert.equal(await lab.end('SIGTERM'), 0);
  },
);

test('saved overrides that are damaged are told, and the others hold', async () => {
  await using lab = await DaemonLab.open();
  await lab.config(SHOP);
  await lab.start();
  await lab.call('PUT', '/v1/members/shop/a/admin', { admin: 'drain' });
  await lab.end('SIGTERM');
  await lab.write('state/overrides.jsonl', `null\n${lab.read('state/overrides.jsonl')}{"target":`);
  await lab.start();
  await lab.holds(WEB, B);
  assert.match(lab.output, /2 of the saved overrides in .* cannot be read and are not in force: say drain/);
});

test('a port in use is one clear sentence in log and status, and is listened on once it is free', async () => {
  await using lab = await DaemonLab.open();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await lab.config(`
clusters:
  shop:
    members: { a: 127.0.0.1 }
    services: { web: { listen: "127.0.0.1:${port}", backend: proxy } }
`);
  const started = lab.start();
  const told = new RegExp(`another program listens on 127.0.0.1:${port}/tcp: stop it`);
  try {
    await until('the status tells of it', async () =>
      told.test((await lab.status()).backends[0]!.last_error ?? ''),
    );
    assert.match(lab.output, told);
  } finally {
    other.close();
  }
  assert.equal(await started, null, 'the daemon runs on');
  assert.equal((await lab.status()).backends[0]!.last_error, null);
});
