// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import command from '../../plugins/check-command/index.js';
import { testContext } from '../../src/testing.js';
import { commandOptions } from '../support/check-options.js';
import { probeOnce, said, targetAt } from '../support/probe.js';

const member = { address: '10.0.0.1', port: 53, protocol: 'udp' } as const;
const shell = (script: string): ReturnType<typeof commandOptions> => commandOptions(['sh', '-c', script]);
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-command-'));
});
after(() => rm(folder, { recursive: true }));

async function isAlive(pid: number): Promise<boolean> {
  try {
    // A zombie is dead; only its parent has not noticed yet.
    return !/^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

async function untilDead(pid: number): Promise<void> {
  const endMs = performance.now() + 3_000;
  while (await isAlive(pid)) {
    assert.ok(performance.now() < endMs, `process ${pid} lives on`);
    await delay(5);
  }
}

test('the exit status is the verdict, the first line of output the reason', async () => {
  assert.match(
    said(await probeOnce(command, shell('echo fine; echo more'), member)),
    /^pass: exit 0 in .*: fine$/,
  );
  assert.equal(
    said(await probeOnce(command, shell('echo bad >&2; exit 3'), member)),
    'exit-status: exit 3: bad',
  );
  assert.equal(
    said(await probeOnce(command, shell('kill -TERM $$'), member)),
    'exit-status: killed by SIGTERM',
  );
});

test('with weight an exit status from 2 on is a weight plus two', async () => {
  for (const [status, weight] of [
    [2, 0],
    [102, 100],
    [255, 253],
  ]) {
    const outcome = await probeOnce(command, { ...shell(`exit ${status}`), weight: true }, member);
    assert.equal(outcome.verdict, 'pass');
    assert.deepEqual(
      [Reflect.get(outcome, 'weight'), Reflect.get(outcome, 'weightIs')],
      [weight, 'absolute'],
    );
  }
  const failed = await probeOnce(command, { ...shell('exit 1'), weight: true }, member);
  assert.equal(said(failed), 'exit-status: exit 1');
});

test('arguments pass no shell, and the environment is small', async () => {
  const echo = commandOptions(['echo', '$HOME;', '*']);
  assert.match(said(await probeOnce(command, echo, member)), /: \$HOME; \*$/);
  const printed = await probeOnce(
    command,
    { ...shell('env | sort | cut -d= -f1 | tr "\\n" " "; echo; env'), env: { MINE: '1' } },
    member,
    { target: { trace: true } },
  );
  assert.match(printed.reason, /: MINE PATH /);
  const shown = JSON.stringify(printed.details);
  for (const variable of ['SLUICE_ADDRESS=10.0.0.1', 'SLUICE_PORT=53', 'SLUICE_PROTOCOL=udp', 'MINE=1']) {
    assert.ok(shown.includes(`"< ${variable}"`), variable);
  }
  assert.doesNotMatch(shown, /HOME=/);
});

test('at the time-out all that the command has started is killed', async () => {
  const file = join(folder, 'pids');
  const script = `sh -c 'sleep 60 & echo $! >> ${file}; wait' & echo $! >> ${file}; echo $$ >> ${file}; wait`;
  const outcome = await probeOnce(command, shell(script), member, { target: { timeoutMs: 500 } });
  assert.equal(outcome.verdict, 'fail');
  const pids = (await readFile(file, 'utf8')).trim().split('\n').map(Number);
  assert.equal(pids.length, 3);
  for (const pid of pids) await untilDead(pid);
});

test('what the command leaves running is killed with it', async () => {
  const file = join(folder, 'left');
  const outcome = await probeOnce(command, shell(`sleep 60 & echo $! > ${file}`), member);
  assert.match(said(outcome), /^pass/);
  await untilDead(Number(await readFile(file, 'utf8')));
});

test('output without end is read and forgotten', async () => {
  const outcome = await probeOnce(command, shell('head -c 3000000 /dev/zero | tr "\\0" x'), member);
  assert.match(said(outcome), /^pass/);
  assert.ok(outcome.reason.length < 1_200);
});

test('a program that is not there or may not be run is a local fault', async () => {
  const file = join(folder, 'not-executable');
  await writeFile(file, '#!/bin/sh\n', { mode: 0o644 });
  assert.equal(
    said(await probeOnce(command, commandOptions(['no-such-program']), member)),
    'inconclusive: there is no program no-such-program in PATH: install it, or correct `command`',
  );
  assert.match(
    said(await probeOnce(command, commandOptions([file]), member)),
    /^inconclusive: the command .* may not be run by sluice: make it executable/,
  );
});

test('a relative program is found from the folder of the configuration', async () => {
  const file = join(folder, 'check');
  await writeFile(file, '#!/bin/sh\necho "$(basename "$0")"\n', { mode: 0o755 });
  const outcome = await probeOnce(command, commandOptions(['./check']), member, {
    context: { directory: folder },
  });
  assert.match(said(outcome), /^pass: .*: check$/);
});

test('as root a program that others may write is refused', async (t) => {
  if (process.geteuid?.() !== 0) {
    t.skip('only for root');
    return;
  }
  const file = join(folder, 'writable');
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, 0o777);
  assert.match(
    said(await probeOnce(command, commandOptions([file]), member)),
    /^inconclusive: the command is not run: .*writable is writable by everybody/,
  );
});

test('a co-process answers line by line, and is started anew when it ended', async (t) => {
  const script = 'echo started >&2; read a p; echo "pass $a:$p in $$"; read a p; echo "fail not now"';
  const prober = await command.create(testContext(), { ...shell(script), persistent: true });
  t.after(() => prober[Symbol.asyncDispose]?.());
  const probe = (): ReturnType<typeof prober.probe> =>
    prober.probe(targetAt(member), AbortSignal.timeout(5_000));
  const first = await probe();
  assert.match(said(first), /^pass: 10\.0\.0\.1:53 in \d+$/);
  assert.equal(said(await probe()), 'exit-status: not now');
  const ended = await probe();
  const again = ended.verdict === 'inconclusive' ? await probe() : ended;
  assert.match(said(again), /^pass/);
  assert.notEqual(again.reason, first.reason, 'another process answers');
});

test('a late answer is never taken for the next question', async (t) => {
  const script = 'while read a p; do [ $p = 1 ] && sleep 60; echo "pass port $p"; done';
  const prober = await command.create(testContext(), { ...shell(script), persistent: true });
  t.after(() => prober[Symbol.asyncDispose]?.());
  const probe = (port: number, timeoutMs: number): ReturnType<typeof prober.probe> =>
    prober.probe({ ...targetAt({ ...member, port }), timeoutMs }, AbortSignal.timeout(timeoutMs));
  assert.equal((await probe(1, 200)).verdict, 'fail');
  assert.equal(said(await probe(2, 5_000)), 'pass: port 2');
  const outcomes = await Promise.all([3, 4, 5].map((port) => probe(port, 5_000)));
  assert.deepEqual(outcomes.map(said), ['pass: port 3', 'pass: port 4', 'pass: port 5']);
});

test('a co-process that talks nonsense or unasked is not believed', async (t) => {
  const nonsense = await probeOnce(command, { ...shell('read x; echo maybe'), persistent: true }, member);
  assert.match(said(nonsense), /^inconclusive: the command must answer pass, fail or inconclusive/);
  const prober = await command.create(testContext(), {
    ...shell('while read x; do printf "pass asked\\npass unasked\\n"; done'),
    persistent: true,
  });
  t.after(() => prober[Symbol.asyncDispose]?.());
  for (let round = 0; round < 2; round++) {
    const outcome = await prober.probe(targetAt(member), AbortSignal.timeout(5_000));
    assert.equal(said(outcome), 'pass: asked');
  }
});
