// SPDX-License-Identifier: MIT
/**
 * Walks over the connection table, the body of {@link ConnectionTable}'s worker.
 *
 * The kernel can pick the entries itself. But then one call goes over the whole table, 0.4 µs an entry, and its
 * processor does nothing else meanwhile, neither other threads nor the network's interrupts. So it is asked for that
 * only while the table is small. Of a large one it shows us all, in parts of a fraction of a millisecond each: ten
 * times the work, and nobody waits for it.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import {
  ConnectionMatch,
  ConnectionMatches,
  requestFor,
  type ConnectionFilter,
} from './connection-filter.js';
import {
  IPS_SEEN_REPLY,
  TCP_CONNTRACK_CLOSE,
  TCP_CONNTRACK_TIME_WAIT,
  dumpAllMessage,
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

/** The kernel picks among so many entries in about 10 ms, most of it for empty buckets. */
const MOST_IN_ONE_GO = 5_000;
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
  const matches = new ConnectionMatches(filters.map((filter) => new ConnectionMatch(filter)));
  const ask = async (request: (sequence: number) => Buffer): Promise<void> => {
    const sequence = socket.nextSequence();
    await socket.dump('conntrack dump', sequence, request(sequence), ({ payload }) => {
      const entry = matches.mayFit(payload) ? readEntry(payload) : null;
      const index = entry === null ? -1 : matches.find(entry);
      if (index >= 0) visit(entry!, index);
    });
  };
  if (tableSize() > MOST_IN_ONE_GO) await ask(dumpAllMessage);
  else for (const part of matches.byPlace) await ask((sequence) => requestFor(sequence, part));
}

/** How many entries there are; infinitely many where that isn't told. */
function tableSize(): number {
  try {
    return Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'utf8'));
  } catch {
    return Infinity;
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Only a worker may wait like this. */
function sleep(ms: number): void {
  Atomics.wait(sleeper, 0, 0, ms);
}
