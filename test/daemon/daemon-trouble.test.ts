// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
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
