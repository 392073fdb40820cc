// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { openControl } from '../../src/runtime/control.js';
import { groupId } from '../../src/runtime/control/group.js';
import { ask, openOn, temporaryDirectory } from './control-kit.js';
import { FakeDaemon } from './fake-daemon.js';

const isRoot = process.getuid?.() === 0;

function open(socket: string, group: string | null = null) {
  return openControl({
    api: new FakeDaemon(),
    control: { socket, group, statusSocket: null, statusGroup: null },
    onInternalError: () => {},
  });
}

/** Leaves a socket file behind that nobody listens on, as a daemon does that was killed. */
function leaveStale(path: string): void {
  const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script, path]);
  assert.ok(lstatSync(path).isSocket());
}

test('both sockets are there with mode 0660 alone in their directory, and go on close', async (t) => {
  const directory = temporaryDirectory(t);
  const { server, socket, twin } = await openOn(t, new FakeDaemon(), {}, directory);
  assert.deepEqual(server.sockets, [socket, twin]);
  assert.deepEqual(readdirSync(directory).toSorted(), ['control.sock', 'status.sock']);
  for (const path of [socket, twin]) assert.equal(lstatSync(path).mode & 0o777, 0o660);
  await server[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(directory), []);
});

test('a missing directory is made', async (t) => {
  const socket = join(temporaryDirectory(t), 'run', 'sluice', 'control.sock');
  await using _ = await open(socket);
  assert.equal((await ask(socket, 'GET', '/v1/status')).status, 200);
});

test('a socket that a dead daemon left is replaced', async (t) => {
  const socket = join(temporaryDirectory(t), 'control.sock');
  leaveStale(socket);
  await using _ = await open(socket);
  assert.equal((await ask(socket, 'GET', '/v1/status')).status, 200);
});

test('a live daemon is not replaced, and its pid is told', async (t) => {
  const { socket } = await openOn(t, new FakeDaemon());
  await assert.rejects(open(socket), {
    code: 'SLUICE_RUNNING',
    message: `another daemon (pid 4711) already runs on ${socket}; stop it first, or give this one its own control.socket`,
  });
  assert.equal((await ask(socket, 'GET', '/v1/status')).status, 200, 'the first one still answers');
});

test('of two that start at once, one wins and the other is told', async (t) => {
  const socket = join(temporaryDirectory(t), 'control.sock');
  leaveStale(socket);
  const results = await Promise.allSettled([open(socket), open(socket), open(socket)]);
  const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  assert.equal(winners.length, 1);
  for (const result of results) {
    if (result.status === 'rejected')
      assert.equal((result.reason as { code: string }).code, 'SLUICE_RUNNING');
  }
  assert.equal((await ask(socket, 'GET', '/v1/status')).status, 200);
  await winners[0]?.[Symbol.asyncDispose]();
  assert.ok(!existsSync(socket));
});

test('something else that listens there is not replaced either', async (t) => {
  const socket = join(temporaryDirectory(t), 'control.sock');
  const other = createServer((client) => client.on('error', () => {}).end('hello\n'));
  await new Promise<void>((resolve) => other.listen(socket, resolve));
  t.after(() => other.close());
  await assert.rejects(open(socket), { code: 'SLUICE_RUNNING', message: /another process already runs on/ });
});

test('an ordinary file in its place is left alone', async (t) => {
  const socket = join(temporaryDirectory(t), 'control.sock');
  writeFileSync(socket, 'precious');
  await assert.rejects(open(socket), { code: 'SLUICE_SOCKET', message: /is not a socket; remove it/ });
  assert.equal(readFileSync(socket, 'utf8'), 'precious');
});

test("closing leaves another daemon's socket alone", async (t) => {
  const directory = temporaryDirectory(t);
  const socket = join(directory, 'control.sock');
  const first = await open(socket);
  spawnSync('rm', [socket]);
  await using _ = await open(socket);
  await first[Symbol.asyncDispose]();
  assert.equal((await ask(socket, 'GET', '/v1/status')).status, 200);
});

test('a path too long for a UNIX socket is refused by name', async (t) => {
  const socket = join(temporaryDirectory(t), 'x'.repeat(120));
  await assert.rejects(open(socket), { code: 'SLUICE_SOCKET', message: /too long for a UNIX socket/ });
});

test('a group that does not exist is refused by name, and nothing is left behind', async (t) => {
  const directory = temporaryDirectory(t);
  await assert.rejects(open(join(directory, 'control.sock'), 'no-such-group'), {
    code: 'SLUICE_SOCKET',
    message: /group "no-such-group" of the control socket does not exist/,
  });
  assert.deepEqual(readdirSync(directory), []);
});

test('groups are found by name', (t) => {
  const file = join(temporaryDirectory(t), 'group');
  writeFileSync(file, 'root:x:0:\nsluice:x:987:a,b\nslu:x:1:\n');
  assert.equal(groupId('sluice', file), 987);
  assert.throws(() => groupId('luice', file), { code: 'SLUICE_SOCKET' });
});

test('the socket gets its group', { skip: isRoot ? false : 'needs root to give a file away' }, async (t) => {
  const socket = join(temporaryDirectory(t), 'control.sock');
  await using _ = await open(socket, 'daemon');
  assert.equal(lstatSync(socket).gid, groupId('daemon'));
});

test(
  'a directory that may not be written is told in one sentence',
  { skip: isRoot ? 'root may write anywhere' : false },
  async (t) => {
    const directory = temporaryDirectory(t);
    chmodSync(directory, 0o500);
    await assert.rejects(open(join(directory, 'control.sock')), {
      code: 'SLUICE_SOCKET',
      message: /no permission to create the socket/,
    });
  },
);
