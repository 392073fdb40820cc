// SPDX-License-Identifier: MIT
import { addressText } from './ip-address.js';
import { LoggedPacketReader } from './packet-log-message.js';
import { PACKET_KINDS, subjectOf, type PacketKind, type Subject } from './packet-subject.js';
import { findHeaders, readPacket, type Packet } from './packet.js';

/** A packet as the log shows it. */
export interface LoggedPacket {
  /** When the kernel saw it, in ms since 1970 with a fraction of microseconds; null when the kernel doesn't say. */
  readonly atMs: number | null;
  /** 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting. */
  readonly hook: number;
  /** The packet's mark; 0 when it has none. */
  readonly mark: number;
  /** Index of the device it came in by, or leaves by; 0 when there is none. */
  readonly inDevice: number;
  readonly outDevice: number;
  readonly packet: Packet;
}

/** What packets told of one endpoint since the last batch. */
export interface PacketSignal {
  readonly kind: PacketKind;
  readonly address: string;
  readonly port: number;
  /** IPPROTO_* */
  readonly protocol: number;
  /** Of the rule that logged them. */
  readonly prefix: string;
  /** How many packets said so. */
  readonly count: number;
  /** The first of them. */
  readonly first: LoggedPacket;
}

export interface PacketBatch {
  /** In order of their first packets. */
  readonly signals: readonly PacketSignal[];
  /** Logged packets that tell nothing of an endpoint, since the last batch. */
  readonly others: number;
  /** Some packets were lost: the reader could not keep up, or there were too many endpoints at a time. */
  readonly lost: boolean;
}

/** How many endpoints may wait for a batch. Whatever is beyond is lost, and told to be. */
const MOST_WAITING = 4096;
/** How many one batch takes: a millisecond of the main loop. */
const MOST_IN_BATCH = 128;
/** Kind, protocol, address and port before the prefix, which has 127 bytes at most. */
const KEY_HEAD_BYTES = 20;
const KEY_BYTES = KEY_HEAD_BYTES + 128;

interface Entry {
  readonly signal: Omit<PacketSignal, 'count'>;
  count: number;
}

/** Counts logged packets by what they tell of which endpoint: bounded however many come. */
export class PacketTally {
  readonly #reader = new LoggedPacketReader();
  readonly #key = Buffer.alloc(KEY_BYTES);
  readonly #entries = new Map<string, Entry>();
  #others = 0;
  #lost = false;

  /** Whether there is nothing to tell. */
  get isEmpty(): boolean {
    return this.#entries.size === 0 && this.#others === 0 && !this.#lost;
  }

  /** Counts the packets in the first `length` bytes of a datagram. */
  add(datagram: Buffer, length: number): void {
    for (let at = 0; at < length;) {
      const next = this.#reader.read(datagram, at, length);
      if (next < 0) return;
      if (this.#reader.payloadBytes > 0) this.#count(datagram);
      at = next;
    }
  }

  /** Says that packets were lost. */
  lose(): void {
    this.#lost = true;
  }

  /** What is to be told now; what a batch can't hold stays for the next. */
  take(): PacketBatch {
    const signals: PacketSignal[] = [];
    for (const [key, { signal, count }] of this.#entries) {
      if (signals.length === MOST_IN_BATCH) break;
      signals.push({ ...signal, count });
      this.#entries.delete(key);
    }
    const batch = { signals, others: this.#others, lost: this.#lost };
    this.#others = 0;
    this.#lost = false;
    return batch;
  }

  #count(data: Buffer): void {
    const { payload, payloadBytes } = this.#reader;
    const headers = findHeaders(data, payload, payload + payloadBytes);
    const subject = headers === null ? null : subjectOf(data, headers);
    if (subject === null) {
      this.#others += 1;
      return;
    }
    const key = this.#keyOf(data, subject);
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.count += 1;
    else if (this.#entries.size < MOST_WAITING) this.#entries.set(key, this.#entry(data, subject));
    else this.#lost = true;
  }

  /** All that makes packets say the same, as text: the cheapest key that a Map takes. */
  #keyOf(data: Buffer, { kind, protocol, address, addressBytes, port }: Subject): string {
    const key = this.#key;
    const { prefix, prefixBytes } = this.#reader;
    key[0] = PACKET_KINDS.indexOf(kind);
    key[1] = protocol;
    key[2] = data[port]!;
    key[3] = data[port + 1]!;
    for (let index = 0; index < addressBytes; index += 1) key[4 + index] = data[address + index]!;
    let end = 4 + addressBytes;
    const keptBytes = Math.min(prefixBytes, KEY_BYTES - KEY_HEAD_BYTES);
    for (let index = 0; index < keptBytes; index += 1) key[end++] = data[prefix + index]!;
    return key.toString('latin1', 0, end);
  }

  #entry(data: Buffer, { kind, protocol, address, addressBytes, port }: Subject): Entry {
    const { payload, payloadBytes, prefix, prefixBytes, atMs, hook, mark, inDevice, outDevice } =
      this.#reader;
    const packet = readPacket(data.subarray(payload, payload + payloadBytes))!;
    return {
      signal: {
        kind,
        address: addressText(data.subarray(address, address + addressBytes)),
        port: data.readUInt16BE(port),
        protocol,
        prefix: data.toString('utf8', prefix, prefix + prefixBytes),
        first: { atMs, hook, mark, inDevice, outDevice, packet },
      },
      count: 1,
    };
  }
}
