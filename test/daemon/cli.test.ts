// SPDX-License-Identifier: MIT
/** The command line as a whole, against a daemon that is not one. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JournalEvent, Status } from '../../src/status.js';
import { collect, run, start } from './cli-kit.js';
import { openOn, temporaryDirectory, until } from './control-kit.js';
import { FakeDaemon } from './fake-daemon.js';

test('status --json prints the whole status and nothing else', async (t) => {
  const api = new FakeDaemon();
  const { socket } = await openOn(t, api);
  const { status, stdout, stderr } = await run(['status', '--json', '-s', socket]);
  assert.equal(status, 0);
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout), { ...api.statusHead(), clusters: [api.shop] });
});

test('a pattern shows what matches, by id, name, state, admin state or label', async (t) => {
  const { socket } = await openOn(t, new FakeDaemon());
  for (const [pattern, wanted] of [
    ['shop', 'shop/http/a shop/http/b shop/http/c shop/dns/a@10.0.0.11'],
    ['shop/dns', 'shop/dns/a@10.0.0.11'],
    ['shop/*/a', 'shop/http/a shop/dns/a@10.0.0.11'],
    ['[bc]', 'shop/http/b shop/http/c'],
    ['down', 'shop/http/b'],
    ['drain', 'shop/http/c'],
    ['rack=r?', 'shop/http/a shop/http/b shop/dns/a@10.0.0.11'],
  ] as const) {
    const { status, stdout } = await run(['status', pattern, '--json', '-s', socket]);
    assert.equal(status, 0, pattern);
    const { clusters } = JSON.parse(stdout) as Status;
    const ids = clusters.flatMap(({ services }) => services.flatMap(({ endpoints }) => endpoints));
    assert.equal(ids.map(({ id }) => id).join(' '), wanted, pattern);
  }
});

test('a pattern that matches nothing is told, with exit status 1', async (t) => {
  const { socket } = await openOn(t, new FakeDaemon());
  const { status, stdout, stderr } = await run(['status', 'shpo', '-s', socket]);
  assert.deepEqual(
    { status, stdout, stderr },
    { status: 1, stdout: '', stderr: 'sluice: nothing matches "shpo"\n' },
  );
});

test('commands reach the daemon, wherever the common options stand', async (t) => {
  const api = new FakeDaemon();
  const { socket } = await openOn(t, api);
  for (const args of [
    ['-s', socket, 'drain', 'shop/a', '--for', '30m'],
    ['disable', 'shop/http/a', '-s', socket],
    ['enable', '--socket', socket, 'shop/a'],
    ['check', 'shop/dns/a@10.0.0.11', '-s', socket],
    ['reload', '-s', socket],
    ['plan', '-s', socket],
    ['stop', '--withdraw', '-s', socket],
  ]) {
    const { status, stderr } = await run(args);
    assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
  }
  assert.deepEqual(
    api.calls.filter((call) => Array.isArray(call) && call[0] !== 'explain'),
    [
      ['admin', { cluster: 'shop', member: 'a' }, 'drain', 1_800_000],
      ['admin', { cluster: 'shop', service: 'http', member: 'a' }, 'disabled', null],
      ['admin', { cluster: 'shop', member: 'a' }, 'enabled', null],
      ['check', 'shop/dns/a@10.0.0.11'],
      ['reload'],
      ['plan', null],
      ['stop', 'withdraw'],
    ],
  );
});

test('plan -c sends the file, and the socket comes from it', async (t) => {
  const api = new FakeDaemon();
  const directory = temporaryDirectory(t);
  const { socket } = await openOn(t, api, {}, directory);
  const file = join(directory, 'next.yaml');
  const text = `control:\n  # beside this file\n\n  socket: control.sock\nclusters: {}\n`;
  writeFileSync(file, text);
  const { status, stderr } = await run(['plan', '-c', file]);
  assert.equal(status, 0, stderr);
  assert.deepEqual(api.calls, [['plan', { file, text }]]);
  assert.ok(socket.endsWith('control.sock'));
});

test('an invalid configuration at reload: diagnostics on stderr, exit status 78', async (t) => {
  const api = new FakeDaemon();
  const place = { file: '/etc/sluice/sluice.yaml', line: 3, column: 5, length: 4, source: '    prot: 80' };
  api.reloadReport = {
    ok: false,
    generation: 4,
    diagnostics: [
      {
        severity: 'error',
        code: 'SLUICE_CFG_UNKNOWN_KEY',
        message: 'unknown key "prot"',
        place,
        hint: 'port?',
      },
    ],
  };
  const { socket } = await openOn(t, api);
  const { status, stdout, stderr } = await run(['reload', '-s', socket]);
  assert.equal(status, 78);
  assert.equal(stdout, '');
  assert.match(stderr, /sluice\.yaml:3:5: error\[SLUICE_CFG_UNKNOWN_KEY\]: unknown key "prot"/);
  assert.match(stderr, /\^\^\^\^/);
  assert.match(stderr, /the old one runs on/);
});

const WRONG: readonly [readonly string[], number, RegExp][] = [
  [['stauts'], 2, /unknown command 'stauts'\s+\(Did you mean status\?\)/],
  [['status', '--jsn'], 2, /unknown option '--jsn'\s+\(Did you mean --json\?\)/],
  [['status', 'a', 'b'], 2, /too many arguments/],
  [['explain'], 2, /missing required argument 'endpoint'/],
  [['explain', 'shop/a'], 2, /write cluster\/service\/member/],
  [['drain', 'a'], 2, /write cluster\/member/],
  [['drain', 'shop/a', '--for', '30'], 2, /--for: "30" is not a duration/],
  [['enable', 'shop/a', '--for', '3m'], 2, /unknown option '--for'/],
  [['events', '--since', 'noon'], 2, /neither a duration/],
  [['explain', 'shop/http/z'], 1, /SLUICE_NOT_FOUND.*no endpoint shop\/http\/z/],
  [['status', '-c', '/nonexistent/sluice.yaml'], 78, /SLUICE_CFG_READ.*cannot read/],
  [['validate', '/nonexistent/sluice.yaml'], 78, /SLUICE_CFG_READ/],
];

for (const [args, wantedStatus, wanted] of WRONG) {
  test(`sluice ${args.join(' ')}: exit status ${wantedStatus}`, async (t) => {
    const { socket } = await openOn(t, new FakeDaemon());
    const { status, stdout, stderr } = await run(args.includes('-c') ? args : [...args, '-s', socket]);
    assert.equal(status, wantedStatus, stderr);
    assert.match(stderr, wanted);
    assert.equal(stdout, '');
  });
}

test('without a daemon the exit status is 69 and the sentence names the socket', async (t) => {
  const socket = join(temporaryDirectory(t), 'none.sock');
  const { status, stderr } = await run(['status', '-s', socket]);
  assert.equal(status, 69);
  assert.equal(
    stderr,
    `sluice: error[SLUICE_NO_DAEMON]: no daemon answers on ${socket}; start one with "sluice run", or name its socket with --socket\n`,
  );
});

test('help goes to stdout with exit status 0; no command at all is a usage error', async () => {
  const help = await run(['drain', '--help']);
  assert.equal(help.status, 0);
  for (const word of ['--for <duration>', '--json', '--socket <path>', '--config <file>', '--no-color']) {
    assert.ok(help.stdout.includes(word), word);
  }
  const nothing = await run([]);
  assert.equal(nothing.status, 2);
  assert.equal(nothing.stdout, '');
});

test('events --json gives a value a line; --since leaves older ones out', async (t) => {
  const api = new FakeDaemon();
  api.journal.add({ kind: 'warning', subject: 'x', message: 'old', at: '2020-01-01T00:00:00.000Z' });
  const young = api.journal.add({ kind: 'warning', subject: 'x', message: 'young' });
  const { socket } = await openOn(t, api);
  const { stdout } = await run(['events', '--json', '--since', '1h', '-s', socket]);
  assert.deepEqual(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JournalEvent),
    [young],
  );
});

test('events --follow goes on over a restart of the daemon, without repeating itself', async (t) => {
  const directory = temporaryDirectory(t);
  const first = new FakeDaemon('boot1');
  first.journal.add({ kind: 'start', subject: 'sluice', message: 'one' });
  const opened = await openOn(t, first, {}, directory);
  const child = start(['events', '--follow', '--json', '-s', opened.socket]);
  t.after(() => child.kill());
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  await until('the first event', () => stdout().includes('"one"'));
  await opened.server[Symbol.asyncDispose]();
  await until('the note', () => stderr().includes('the daemon went away'));
  const second = new FakeDaemon('boot2');
  second.journal.add({ kind: 'start', subject: 'sluice', message: 'two' });
  await openOn(t, second, {}, directory);
  await until('the second event', () => stdout().includes('"two"'));
  second.journal.add({ kind: 'stop', subject: 'sluice', message: 'three' });
  await until('the third event', () => stdout().includes('"three"'));
  const messages = stdout()
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as JournalEvent).message);
  assert.deepEqual(messages, ['one', 'two', 'three']);
});

test('status --watch shows it anew when something happens', async (t) => {
  const api = new FakeDaemon();
  const { socket } = await openOn(t, api);
  const child = start(['status', '--watch', '--json', '-s', socket]);
  t.after(() => child.kill());
  const stdout = collect(child.stdout);
  await until('the first picture', () => stdout().includes('\n'));
  await until('the subscription', () => api.journal.listeners === 1);
  api.head = { generation: 99 };
  api.journal.add({ kind: 'reload', subject: 'sluice', message: 'generation 99' });
  await until('the next picture', () => stdout().includes('"generation":99'));
});

test('no colours without a terminal, and a closed pipe is no failure', async (t) => {
  const { socket } = await openOn(t, new FakeDaemon());
  const { stdout } = await run(['status', '-s', socket], { FORCE_COLOR: '1' });
  assert.ok(!stdout.includes('\u001b'));
  const child = start(['status', '-s', socket]);
  child.stdout.destroy();
  const stderr = collect(child.stderr);
  const [status] = (await once(child, 'close')) as [number | null];
  assert.deepEqual({ status, stderr: stderr() }, { status: 0, stderr: '' });
});

test('validate and plan --json on an invalid file: exit status 78, diagnostics where they belong', async (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'bad.yaml');
  writeFileSync(file, 'control: { socket: none.sock }\nclsters: {}\n');
  const validated = await run(['validate', file, '--json']);
  assert.equal(validated.status, 78);
  const { ok, diagnostics } = JSON.parse(validated.stdout) as { ok: boolean; diagnostics: unknown[] };
  assert.equal(ok, false);
  assert.ok(diagnostics.length > 0);
  const planned = await run(['plan', '-c', file, '--json']);
  assert.equal(planned.status, 78);
  assert.equal(planned.stdout, '');
  assert.match(planned.stderr, /bad\.yaml:2:1: error\[SLUICE_CFG_UNKNOWN_KEY\]/);
});
