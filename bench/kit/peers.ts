// SPDX-License-Identifier: MIT
/** The programs that sluice is measured against, and others that only measurements need. */
import { spawnSync } from 'node:child_process';
import { findProgram } from '../../test/needs.js';
import { install } from '../../test/packages.js';

/** Debian's package of each, and what makes it tell its version. */
const peers = {
  conntrack: { package: 'conntrack', version: ['--version'] },
  haproxy: { package: 'haproxy', version: ['-v'] },
  keepalived: { package: 'keepalived', version: ['-v'] },
  'linux.uml': { package: 'user-mode-linux', version: ['--version'] },
  modprobe: { package: 'kmod', version: ['--version'] },
  nft: { package: 'nftables', version: ['--version'] },
  nftlb: { package: 'nftlb', version: ['-v'] },
  wrk: { package: 'wrk', version: ['-v'] },
} as const;

export type Peer = keyof typeof peers;

/** Installs those that are not there, where this process may; says what it did, or why it could not, a line each. */
export function installPeers(wanted: readonly Peer[]): string[] {
  return install(wanted.filter((peer) => !findProgram(peer)).map((peer) => peers[peer].package));
}

/** Why a peer can't be measured here; null when it can. */
export function missingPeer(peer: Peer): string | null {
  return findProgram(peer) ? null : `no ${peer} here (Debian package ${peers[peer].package})`;
}

/** `haproxy 2.6.12`, or without a number where the program tells none. */
export function versionOf(peer: Peer): string {
  const { stdout, stderr } = spawnSync(peer, peers[peer].version, { encoding: 'utf8' });
  const number = /\d+(?:\.\d+)+/.exec(`${stdout}${stderr}`)?.[0];
  return number === undefined ? peer : `${peer} ${number}`;
}
