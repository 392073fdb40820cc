// SPDX-License-Identifier: MIT
/** TCP segments as bytes, RFC 9293 section 3.1: the SYN that asks, and where in an answer its parts are. */
import { IPPROTO_TCP } from 'sluice/kernel';

/** The header, and the one option that every SYN should have. */
export const SYN_BYTES = 24;
export const SYN = 0x02;
export const RST = 0x04;
export const ACK = 0x10;

/** Offsets in a TCP header. */
export const SOURCE_PORT = 0;
export const DESTINATION_PORT = 2;
export const SEQUENCE = 4;
export const ACKNOWLEDGEMENT = 8;
export const FLAGS = 13;
const OFFSET_AND_FLAGS = 12;
const WINDOW = 14;
export const CHECKSUM = 16;
const MAXIMUM_SEGMENT_SIZE = 20;

/** As Linux offers it on Ethernet. Nothing will ever be sent; some firewalls look twice at a SYN without it. */
const MSS_OPTION = (2 << 24) | (4 << 16) | 1460;
const WINDOW_BYTES = 64_240;

/**
 * The upper half of every sequence number is the same tag, by which rules and filters know the answers; the lower
 * half tells one probe from the others. It is never 0xffff, so that adding one, as an answer does, leaves the tag.
 */
export const LAST_COOKIE = 0xfffe;

/** Writes a SYN but for what differs from one to the next, see {@link finishSyn}. */
export function beginSyn(bytes: Buffer, at: number, sourcePort: number, tag: number): void {
  bytes.fill(0, at, at + SYN_BYTES);
  bytes.writeUInt16BE(sourcePort, at + SOURCE_PORT);
  bytes.writeUInt16BE(tag, at + SEQUENCE);
  bytes.writeUInt16BE(((SYN_BYTES / 4) << 12) | SYN, at + OFFSET_AND_FLAGS);
  bytes.writeUInt16BE(WINDOW_BYTES, at + WINDOW);
  bytes.writeUInt32BE(MSS_OPTION >>> 0, at + MAXIMUM_SEGMENT_SIZE);
}

/** `checksum` 0 where the kernel fills it in. */
export function finishSyn(bytes: Buffer, at: number, port: number, cookie: number, checksum: number): void {
  bytes.writeUInt16BE(port, at + DESTINATION_PORT);
  bytes.writeUInt16BE(cookie, at + SEQUENCE + 2);
  bytes.writeUInt16BE(checksum, at + CHECKSUM);
}

/**
 * The part of the checksum that is the same for all SYNs to one port of one IPv4 address: all but the cookie.
 * {@link checksum} makes it whole. `destination` is the address as a number.
 */
export function checksumBase(
  source: Buffer,
  destination: number,
  sourcePort: number,
  port: number,
  tag: number,
): number {
  const words = [
    source.readUInt16BE(0),
    source.readUInt16BE(2),
    destination >>> 16,
    destination & 0xffff,
    IPPROTO_TCP,
    SYN_BYTES,
    sourcePort,
    port,
    tag,
    ((SYN_BYTES / 4) << 12) | SYN,
    WINDOW_BYTES,
    MSS_OPTION >>> 16,
    MSS_OPTION & 0xffff,
  ];
  return words.reduce((sum, word) => sum + word, 0);
}

/** RFC 1071: the complement of the sum of 16-bit words, carries added back in. */
export function checksum(base: number, cookie: number): number {
  let sum = base + cookie;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
