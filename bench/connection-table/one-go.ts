// SPDX-License-Identifier: MIT
/** A thread that has the kernel pick an endpoint's entries itself, in one go over the whole table, and deletes none. */
import { parentPort } from 'node:worker_threads';
import { ConnectionMatch, requestFor, type ConnectionFilter } from '../../src/kernel/connection-filter.js';
import { NETLINK_NETFILTER, NetlinkSocket } from '../../src/kernel/index.js';

const socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });

/** Answers how many there are. */
async function pick(filter: ConnectionFilter): Promise<void> {
  let entries = 0;
  const sequence = socket.nextSequence();
  const request = requestFor(sequence, [new ConnectionMatch(filter)]);
  await socket.dump('conntrack dump', sequence, request, () => (entries += 1));
  parentPort?.postMessage(entries);
}

parentPort?.on('message', (filter: ConnectionFilter) => void pick(filter));
