// SPDX-License-Identifier: MIT
/**
 * Netlink messages as bytes: headers (`struct nlmsghdr`, linux/netlink.h) and attributes (`struct nlattr`).
 * Pure: nothing here talks to a socket.
 */
import { littleEndian } from './byte-order.js';

export const NLM_F_REQUEST = 0x001;
export const NLM_F_MULTI = 0x002;
export const NLM_F_ACK = 0x004;
export const NLM_F_DUMP_INTR = 0x010;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLMSG_OVERRUN = 4;

const MESSAGE_HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;
/** `nla_len` has 16 bits. */
const ATTRIBUTE_LIMIT_BYTES = 0xffff;

/** Writes messages one after another into one growing buffer. */
export class MessageWriter {
  #buffer: Buffer;
  #view: DataView;
  #length = 0;

  constructor(initialBytes = 1024) {
    // Whoever reserves writes every byte: nothing needs to be cleared before.
    this.#buffer = Buffer.allocUnsafe(initialBytes);
    this.#view = viewOf(this.#buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What is written so far; valid until the next write. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Forgets everything after `length`. */
  truncate(length: number): void {
    this.#length = Math.min(length, this.#length);
  }

  /** Starts a message; {@link endMessage} takes what this answers. */
  beginMessage(type: number, flags: number, sequence: number): number {
    const start = this.#reserve(MESSAGE_HEADER_BYTES);
    this.#view.setUint16(start + 4, type, littleEndian);
    this.#view.setUint16(start + 6, flags, littleEndian);
    this.#view.setUint32(start + 8, sequence, littleEndian);
    this.#view.setUint32(start + 12, 0, littleEndian);
    return start;
  }

  endMessage(start: number): void {
    this.#view.setUint32(start, this.#length - start, littleEndian);
  }

  /** Adds flags to a message already begun. */
  addFlags(start: number, flags: number): void {
    this.#view.setUint16(start + 6, this.#view.getUint16(start + 6, littleEndian) | flags, littleEndian);
  }

  /** Bytes without an attribute header: a family's own header. Padded to 4. */
  raw(bytes: Uint8Array): void {
    const at = this.#reserve(aligned(bytes.length));
    this.#buffer.set(bytes, at);
    this.#buffer.fill(0, at + bytes.length, this.#length);
  }

  beginNest(type: number): number {
    return this.#header(type | NLA_F_NESTED, 0);
  }

  /** Throws a RangeError when the nest has outgrown what an attribute can hold. */
  endNest(start: number): void {
    const length = this.#length - start;
    if (length > ATTRIBUTE_LIMIT_BYTES) {
      throw new RangeError(
        `a netlink attribute holds at most ${ATTRIBUTE_LIMIT_BYTES} bytes, not ${length}: cut the list`,
      );
    }
    this.#view.setUint16(start, length, littleEndian);
  }

  /** The nest around what `write` writes. */
  nest(type: number, write: () => void): void {
    const start = this.beginNest(type);
    write();
    this.endNest(start);
  }

  u8(type: number, value: number): void {
    const at = this.#header(type, 1);
    this.#buffer[at + ATTRIBUTE_HEADER_BYTES] = value;
  }

  /** Network order, as netfilter wants its numbers. */
  u16be(type: number, value: number): void {
    const at = this.#header(type, 2);
    this.#view.setUint16(at + ATTRIBUTE_HEADER_BYTES, value);
  }

  u32be(type: number, value: number): void {
    const at = this.#header(type, 4);
    this.#view.setUint32(at + ATTRIBUTE_HEADER_BYTES, value >>> 0);
  }

  u64be(type: number, value: bigint): void {
    const at = this.#header(type, 8);
    this.#view.setBigUint64(at + ATTRIBUTE_HEADER_BYTES, value);
  }

  /** Zero-terminated. */
  string(type: number, value: string): void {
    const length = Buffer.byteLength(value, 'utf8');
    const at = this.#header(type, length + 1);
    this.#buffer.write(value, at + ATTRIBUTE_HEADER_BYTES, 'utf8');
  }

  data(type: number, bytes: Uint8Array): void {
    const at = this.#header(type, bytes.length);
    this.#buffer.set(bytes, at + ATTRIBUTE_HEADER_BYTES);
  }

  /** An attribute's header and room for its zeroed, padded payload. */
  #header(type: number, payloadBytes: number): number {
    const at = this.#reserve(ATTRIBUTE_HEADER_BYTES + aligned(payloadBytes));
    this.#buffer.fill(0, at + ATTRIBUTE_HEADER_BYTES, this.#length);
    this.#view.setUint16(at, ATTRIBUTE_HEADER_BYTES + payloadBytes, littleEndian);
    this.#view.setUint16(at + 2, type, littleEndian);
    return at;
  }

  #reserve(bytes: number): number {
    const start = this.#length;
    const end = start + bytes;
    if (end > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, start);
      this.#buffer = larger;
      this.#view = viewOf(larger);
    }
    this.#length = end;
    return start;
  }
}

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Netlink port of whoever caused it; 0 is the kernel. */
  readonly portId: number;
  readonly payload: Buffer;
}

/** The messages of one datagram. A truncated one ends the list. */
export function* parseMessages(data: Buffer): Generator<NetlinkMessage> {
  const view = viewOf(data);
  let at = 0;
  while (at + MESSAGE_HEADER_BYTES <= data.length) {
    const length = view.getUint32(at, littleEndian);
    if (length < MESSAGE_HEADER_BYTES || at + length > data.length) return;
    yield {
      type: view.getUint16(at + 4, littleEndian),
      flags: view.getUint16(at + 6, littleEndian),
      sequence: view.getUint32(at + 8, littleEndian),
      portId: view.getUint32(at + 12, littleEndian),
      payload: data.subarray(at + MESSAGE_HEADER_BYTES, at + length),
    };
    at += aligned(length);
  }
}

export interface Attribute {
  readonly type: number;
  /** As its writer said (NLA_F_NESTED): the kernel says it of few of its own. */
  readonly nested: boolean;
  readonly data: Buffer;
}

/** A list of attributes in order, repeated types included. Malformed rests are left out. */
export function attributeList(data: Buffer): Attribute[] {
  const list: Attribute[] = [];
  const view = viewOf(data);
  let at = 0;
  while (at + ATTRIBUTE_HEADER_BYTES <= data.length) {
    const length = view.getUint16(at, littleEndian);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > data.length) break;
    const type = view.getUint16(at + 2, littleEndian);
    list.push({
      type: type & NLA_TYPE_MASK,
      nested: (type & NLA_F_NESTED) !== 0,
      data: data.subarray(at + ATTRIBUTE_HEADER_BYTES, at + length),
    });
    at += aligned(length);
  }
  return list;
}

/** Attributes by type; of repeated ones the last. */
export type Attributes = ReadonlyMap<number, Buffer>;

export function attributes(data: Buffer | undefined): Attributes {
  const map = new Map<number, Buffer>();
  if (data !== undefined)
    for (const attribute of attributeList(data)) map.set(attribute.type, attribute.data);
  return map;
}

/** A zero-terminated string. */
export function textOf(data: Buffer | undefined): string | undefined {
  if (data === undefined) return undefined;
  const end = data.indexOf(0);
  return data.toString('utf8', 0, end < 0 ? data.length : end);
}

/** A big-endian number of 1, 2 or 4 bytes. */
export function numberOf(data: Buffer | undefined): number | undefined {
  if (data === undefined || data.length === 0 || data.length > 4) return undefined;
  return data.readUIntBE(0, data.length);
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** NLMSG_ALIGN and NLA_ALIGN are both 4. */
function aligned(length: number): number {
  return (length + 3) & ~3;
}
