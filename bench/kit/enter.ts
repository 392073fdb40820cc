// SPDX-License-Identifier: MIT
import { enterNamespace, isInside } from '../../test/kernel/namespace.js';
import { missing } from '../../test/needs.js';
import { installPeers, missingPeer, type Peer } from './peers.js';

/**
 * The first statement of a measurement: installs the peers that it is to be held against, where that may be done, and
 * runs the file in namespaces of its own, like `enterNamespace`. What needs a peer that is still missing has to be
 * left out by name, see `missingPeer`. Ends the process where namespaces can't be had.
 */
export async function enterBench(url: string, ...peers: readonly Peer[]): Promise<void> {
  if (!isInside()) {
    for (const line of installPeers(peers)) process.stderr.write(`${line}\n`);
    for (const peer of peers) {
      const reason = missingPeer(peer);
      if (reason !== null) process.stderr.write(`left out: ${reason}\n`);
    }
  }
  await enterNamespace(url);
  if (isInside()) return;
  process.stderr.write(`cannot measure: ${missing('namespaces')}\n`);
  process.exit(1);
}
