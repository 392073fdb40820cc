// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { missing, unshareCommand } from '../needs.js';
import { succeed } from '../support/execute.js';

export const marker = 'SLUICE_TEST_INSIDE';

/** Whether this process is inside the namespaces, and may do to their network what it likes. */
export function isInside(): boolean {
  return process.env[marker] === '1';
}

/**
 * Runs the calling file in user, network, mount and pid namespaces of its own, where it is root: the first
 * statement of a kernel test file is `await enterNamespace(import.meta.url)`. Outside, the file is started once
 * more inside, with the same arguments, its results going straight to the test runner, and this call doesn't return. Where namespaces
 * can't be had it returns, and the tests leave themselves out by their needs.
 */
export async function enterNamespace(url: string): Promise<void> {
  if (isInside()) return prepare();
  if (missing('namespaces') !== null) return;
  const [file = '', ...args] = unshareCommand;
  const own = [...process.execArgv, fileURLToPath(url), ...process.argv.slice(2)];
  const child = spawn(file, [...args, process.execPath, ...own], {
    stdio: 'inherit',
    env: { ...process.env, [marker]: '1', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
  process.exit(status);
}

async function prepare(): Promise<void> {
  await succeed('mount', ['-t', 'tmpfs', 'tmpfs', '/run']);
  mkdirSync('/run/netns');
  await succeed('ip', ['link', 'set', 'lo', 'up']);
}
