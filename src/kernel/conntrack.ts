// SPDX-License-Identifier: MIT
/**
 * Walks over the connection table, the body of {@link ConnectionTable}'s worker: one call of the kernel looks at the
 * whole table before it answers, 80 ms for 200,000 entries.
 */
import { constants } from 'node:os';
import { ConnectionMatch, requestFor, type ConnectionFilter } from './connection-filter.js';
import {
  IPS_SEEN_REPLY,
  TCP_CONNTRACK_CLOSE,
  TCP_CONNTRACK_TIME_WAIT,
  readEntry,
  writeDelete,
  type ConnectionEntry,
} from './conntrack-message.js';
import { MessageWriter } from './netlink-message.js';
import { NETLINK_NETFILTER, NetlinkSocket } from './netlink.js';
import { SystemError } from './system-error.js';

export interface ConnectionCount {
  /** Entries of the table. */
  readonly entries: number;
  /** Those that have been answered. */
  readonly answered: number;
  /** Those that may still carry data: all but TCP's TIME_WAIT and CLOSE. */
  readonly live: number;
}

/** So many entries are deleted by one request, one or two milliseconds' work for the kernel… */
const BATCH = 256;
/** …and then there is a pause: at most 50,000 entries a second, a quarter of a processor. */
const PAUSE_MS = 5;

/** Counts the entries that match, one answer a filter. */
export async function countEntries(filters: readonly ConnectionFilter[]): Promise<ConnectionCount[]> {
  const counts = filters.map(() => ({ entries: 0, answered: 0, live: 0 }));
  await walk(filters, ({ status, tcpState }, index) => {
    const count = counts[index]!;
    count.entries += 1;
    if ((status & IPS_SEEN_REPLY) !== 0) count.answered += 1;
    if (tcpState !== TCP_CONNTRACK_TIME_WAIT && tcpState !== TCP_CONNTRACK_CLOSE) count.live += 1;
  });
  return counts;
}

/** Deletes the entries that match; answers how many by filter. `pause` blocks for so many milliseconds. */
export async function deleteEntries(
  filters: readonly ConnectionFilter[],
  pause: (ms: number) => void = sleep,
): Promise<number[]> {
  const deleted = filters.map(() => 0);
  using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  const writer = new MessageWriter(64 * 1024);
  /** By sequence number: the filter that asked. */
  const waiting = new Map<number, number>();
  const flush = (): void => {
    for (const { sequence, errno, detail } of socket.transact(writer.bytes())) {
      const index = waiting.get(sequence);
      if (index === undefined) continue;
      if (errno === 0) deleted[index]! += 1;
      // It has ended by itself meanwhile.
      else if (errno !== constants.errno.ENOENT) throw new SystemError('conntrack delete', errno, detail);
    }
    writer.truncate(0);
    waiting.clear();
  };
  // At once, not after the walk: nothing is kept however many match, and few change their state in between.
  await walk(filters, (entry, index) => {
    const sequence = socket.nextSequence();
    writeDelete(writer, sequence, entry);
    waiting.set(sequence, index);
    if (waiting.size < BATCH) return;
    flush();
    pause(PAUSE_MS);
  });
  if (waiting.size > 0) flush();
  return deleted;
}

/** Shows `visit` each entry that matches, with the index of the first filter that it matches. */
async function walk(
  filters: readonly ConnectionFilter[],
  visit: (entry: ConnectionEntry, index: number) => void,
): Promise<void> {
  using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  const matches = filters.map((filter) => new ConnectionMatch(filter));
  for (const place of new Set(matches.map((match) => match.place.toString('hex')))) {
    const here = matches.filter((match) => match.place.toString('hex') === place);
    const address = Buffer.from(place, 'hex');
    const sequence = socket.nextSequence();
    await socket.dump('conntrack dump', sequence, requestFor(sequence, here), ({ payload }) => {
      // Cheaper than to read it, and there may be millions of foreign ones.
      if (!payload.includes(address)) return;
      const entry = readEntry(payload);
      const found = entry && here.find((match) => match.matches(entry));
      if (found) visit(entry, matches.indexOf(found));
    });
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Only a worker may wait like this. */
function sleep(ms: number): void {
  Atomics.wait(sleeper, 0, 0, ms);
}
