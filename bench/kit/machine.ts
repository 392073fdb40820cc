// SPDX-License-Identifier: MIT
import { cpus, loadavg, release } from 'node:os';
import { missingPeer, type Peer, versionOf } from './peers.js';

/** What a figure was measured on, in one line: processor, kernel, Node, the peers' versions, other work. */
export function machine(...peers: readonly Peer[]): string {
  const present = peers.filter((peer) => missingPeer(peer) === null);
  return [
    `${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown processor'}`,
    `Linux ${release()}`,
    `Node ${process.version.slice(1)}`,
    ...present.map((peer) => versionOf(peer)),
    `load average ${loadavg()[0]!.toFixed(1)}`,
  ].join(', ');
}
