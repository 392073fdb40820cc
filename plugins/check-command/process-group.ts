// SPDX-License-Identifier: MIT
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { codeOf } from '../outcome.js';

/** Output may come through the pipe after the exit; a stray descendant that holds the pipe is not waited for. */
export const LAST_WORDS_MS = 50;

/** Starts a program without a shell, at the head of a process group of its own. */
export function spawnGroup(
  path: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  stdin: 'ignore' | 'pipe',
): ChildProcess {
  const options: SpawnOptions = {
    argv0: argv[0],
    cwd: '/',
    env,
    detached: true,
    shell: false,
    stdio: [stdin, 'pipe', 'pipe'],
  };
  return spawn(path, argv.slice(1), options);
}

/**
 * Kills the process and everything it has started. To be called while the process runs or in its `exit` event:
 * later its number may be somebody else's.
 */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: all of the group are gone. EPERM: all that is left of it has changed its user.
    const code = codeOf(error);
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/** Lets go of the pipes, which a descendant that has left the group may hold open. */
export function releasePipes(child: ChildProcess): void {
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
}
