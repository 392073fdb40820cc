// SPDX-License-Identifier: MIT
/**
 * What tests need beyond Node and this repository. A test says so by `needs('nft', 'ip')` among its options; where
 * something is missing it is left out with the reason, and the test command names it at its end.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

/** Debian's packages of the programs. */
export const packages = {
  nft: 'nftables',
  ip: 'iproute2',
  conntrack: 'conntrack',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  mandoc: 'mandoc',
} as const;

type Program = keyof typeof packages;
export type Need = Program | 'namespaces' | 'koffi';

/** How a left-out test's reason begins; the test command tells it from other reasons to skip by this. */
export const leftOut = 'left out: ';

/**
 * The command line that runs a program in namespaces of its own, as their root, without being root here. When
 * this process ends, however it does, all that runs in them is killed.
 */
export const unshareCommand: readonly string[] = [
  'setpriv',
  '--pdeathsig',
  'KILL',
  'unshare',
  '--map-root-user',
  '--net',
  '--mount',
  '--pid',
  '--fork',
  '--mount-proc',
  '--kill-child',
];

const answers = new Map<Need, string | null>();

/** Why the need isn't met here, or null when it is. */
export function missing(need: Need): string | null {
  let answer = answers.get(need);
  if (answer === undefined) {
    answer = examine(need);
    answers.set(need, answer);
  }
  return answer;
}

/** Options for a test or a suite: `skip` with the first need that isn't met, or nothing. */
export function needs(...all: readonly Need[]): { readonly skip?: string } {
  for (const need of all) {
    const reason = missing(need);
    if (reason !== null) return { skip: leftOut + reason };
  }
  return {};
}

function examine(need: Need): string | null {
  if (need === 'namespaces') return examineNamespaces();
  if (need === 'koffi') return examineKoffi();
  return findProgram(need) ? null : `no ${need} here (Debian package ${packages[need]})`;
}

/** Whether there is a program of that name to be run. */
export function findProgram(name: string): boolean {
  // Debian keeps administrators' programs out of other users' PATH, though anybody may run them.
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return directories.some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function examineNamespaces(): string | null {
  for (const program of ['unshare', 'nsenter', 'setpriv', 'ip'] as const) {
    const reason = missing(program);
    if (reason !== null) return reason;
  }
  const [file = '', ...args] = unshareCommand;
  const tried = spawnSync(file, [...args, 'true'], { encoding: 'utf8' });
  if (tried.status === 0) return null;
  const said = tried.stderr.trim() || tried.error?.message || `status ${tried.status}`;
  return `this system refuses namespaces of one's own (${said})`;
}

function examineKoffi(): string | null {
  try {
    createRequire(import.meta.url)('koffi');
    return null;
  } catch (error) {
    return `koffi can't be loaded (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
  }
}
