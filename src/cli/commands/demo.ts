// SPDX-License-Identifier: MIT
/** `sluice demo`: the real daemon on the proxy backend, with three small members of which one is not well. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { VERSION } from '../../version.js';
import { SluiceError } from '../../errors.js';
import { ControlClient } from '../client.js';
import type { CommandContext } from '../context.js';
import { demoConfig, demoSocket } from '../demo/demo-config.js';
import { DemoMember } from '../demo/demo-member.js';
import { say, tellEvents, troubleMember, untilItAnswers } from '../demo/demo-run.js';
import { freePort } from '../demo/free-port.js';
import { EXIT } from '../exit-code.js';
import type { Io } from '../io.js';
import { paint } from '../paint.js';

const FRIENDLY_PORT = 8080;

/** Runs until ctrl-C; leaves nothing behind. */
export async function demoCommand({ io }: CommandContext): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  const directory = mkdtempSync(join(tmpdir(), 'sluice-demo-'));
  const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true });
  // For ways out that pass by the end of this function, such as `sluice demo | head`.
  process.on('exit', removeDirectory);
  const members = ['a', 'b', 'c'].map((name) => new DemoMember(name));
  let status: number = EXIT.failed;
  try {
    for (const member of members) await member.start();
    status = await runDemo(io, directory, members, stop);
  } finally {
    for (const member of members) await member[Symbol.asyncDispose]();
    for (const signal of signals) process.off(signal, onSignal);
    removeDirectory();
    process.off('exit', removeDirectory);
  }
  if (status === EXIT.done) say(io, 'demo:   the end; nothing is left behind');
  return status;
}

async function runDemo(
  io: Io,
  directory: string,
  members: readonly DemoMember[],
  stop: AbortController,
): Promise<number> {
  const port = await freePort(FRIENDLY_PORT);
  const file = join(directory, 'sluice.yaml');
  writeFileSync(file, demoConfig({ directory, port, members }));
  const client = new ControlClient(demoSocket(directory));
  // Loaded here: every other command does without the daemon's code.
  const { runDaemon } = await import('../../run.js');
  const ended = new AbortController();
  const daemon = runDaemon({ file, dryRun: false }).finally(() => {
    ended.abort();
    stop.abort();
  });
  const url = `http://127.0.0.1:${port}/`;
  // Also after an early ctrl-C: a daemon that is about to start must be there before it can be stopped.
  const isUp = (await untilItAnswers(client, ended.signal)) && !stop.signal.aborted;
  if (isUp) introduce(io, url, client.socketPath);
  const patient = members[1];
  const scenes = isUp
    ? [
        tellEvents(client, io, url, stop.signal),
        ...(patient === undefined ? [] : [troubleMember(patient, io, stop.signal)]),
      ]
    : [];
  for (const scene of scenes) scene.catch(() => stop.abort());
  await aborted(stop.signal);
  await endDaemon(client);
  const status = await daemon;
  await Promise.allSettled(scenes);
  return status;
}

function introduce(io: Io, url: string, socket: string): void {
  const { strong, faint } = paint(io.color);
  io.out(`
${strong(`sluice ${VERSION}`)} runs with a small example: three web servers (members a, b and c) behind one
address. Every few seconds b dies and returns; see how sluice keeps clients away from it.

  try it         ${strong(`curl ${url}`)}
  look at it     ${strong(`${invocation()} status -s ${socket}`)}
  ask about b    ${strong(`${invocation()} explain demo/web/b -s ${socket}`)}
  end it         ${strong('ctrl-C')} ${faint('(removes everything it made)')}

`);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** As the person would type it: `sluice` when it is installed, else the script that was run. */
function invocation(): string {
  const script = process.argv[1] ?? 'sluice';
  return basename(script) === 'sluice' ? 'sluice' : `node ${relative(process.cwd(), script)}`;
}

/** The daemon's own signal handlers may have been quicker. */
async function endDaemon(client: ControlClient): Promise<void> {
  try {
    await client.send('POST', '/v1/stop', { withdraw: true });
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'SLUICE_NO_DAEMON') throw error;
  }
}
