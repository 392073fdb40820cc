// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { missing, packages } from './needs.js';

/**
 * Installs the Debian packages whose programs the tests need and don't find, where this process may: as root, or by
 * sudo that asks for no password. Returns what it did or why it couldn't, a line each, for people; what is still
 * missing after it is each test's own business to say.
 */
export function installPackages(): string[] {
  const programs = Object.keys(packages) as (keyof typeof packages)[];
  return install(programs.filter((program) => missing(program) !== null).map((program) => packages[program]));
}

/** The same for any Debian packages. */
export function install(wanted: readonly string[]): string[] {
  const names = [...new Set(wanted)];
  if (names.length === 0) return [];
  const asRoot = rootCommand();
  if (asRoot === null) {
    return [
      `may not install the Debian packages ${names.join(', ')}: neither root nor sudo without password`,
    ];
  }
  if (!works('apt-get', ['--version'])) {
    return [`can't install the packages ${names.join(', ')}: no apt-get on this system`];
  }
  const apt = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '--quiet=2'];
  for (const step of [['update'], ['install', '--yes', '--no-install-recommends', ...names]]) {
    const [file = '', ...args] = [...apt, ...step];
    const done = spawnSync(file, args, { encoding: 'utf8' });
    if (done.status !== 0) {
      const said = done.error?.message ?? done.stderr.trim();
      return [`apt-get ${step.join(' ')} failed: ${said}`];
    }
  }
  return [`installed the Debian packages ${names.join(', ')}`];
}

/** What to put before a command to run it as root; null when that can't be had. */
function rootCommand(): readonly string[] | null {
  if (process.getuid?.() === 0) return [];
  return works('sudo', ['--non-interactive', 'true']) ? ['sudo', '--non-interactive'] : null;
}

function works(file: string, args: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0;
}
