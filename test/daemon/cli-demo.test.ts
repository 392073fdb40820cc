// SPDX-License-Identifier: MIT
/** `sluice demo` as a new user meets it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { collect, run, start } from './cli-kit.js';
import { temporaryDirectory, until } from './control-kit.js';

const PATIENCE_MS = 30_000;

test('the demo shows a failure and a return, and ctrl-C leaves nothing behind', async (t) => {
  const directory = temporaryDirectory(t);
  const child = start(['demo'], { TMPDIR: directory });
  t.after(() => child.kill('SIGKILL'));
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  await until('the introduction', () => stdout().includes('end it'), PATIENCE_MS);
  const url = /curl (\S+)/.exec(stdout())?.[1] ?? '';
  assert.match(await (await fetch(url)).text(), /^hello from member [abc]\n$/);
  const socket = /status -s (\S+)/.exec(stdout())?.[1] ?? '';
  const status = await run(['status', '-s', socket]);
  assert.equal(status.status, 0, status.stderr);
  assert.match(status.stdout, /demo\/web/);
  await until('the failure', () => stdout().includes('member b is DOWN'), PATIENCE_MS);
  await until('the others at work', () => /12 requests: a \d+, c \d+\n/.test(stdout()), PATIENCE_MS);
  await until('the return', () => stdout().includes('takes part again'), PATIENCE_MS);
  child.kill('SIGINT');
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, stderr());
  assert.match(stdout(), /nothing is left behind\n$/);
  assert.deepEqual(readdirSync(directory), []);
});

test('ctrl-C before the daemon is up ends the demo as well', async (t) => {
  const directory = temporaryDirectory(t);
  const child = start(['demo'], { TMPDIR: directory });
  t.after(() => child.kill('SIGKILL'));
  const stderr = collect(child.stderr);
  await until('the directory', () => readdirSync(directory).length > 0, PATIENCE_MS);
  child.kill('SIGTERM');
  await once(child, 'close');
  assert.deepEqual(readdirSync(directory), [], stderr());
});
