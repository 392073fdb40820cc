// SPDX-License-Identifier: MIT
/**
 * What the hearing sockets take: answers to our own probes and nothing else of the traffic of this host. A raw
 * IPv4 socket sees packets from the IP header on, an IPv6 one from the header after that.
 */
import {
  IPPROTO_TCP,
  addIndex,
  byteAt,
  byteAtIndex,
  filterProgram,
  halfAt,
  halfAtIndex,
  indexPastIpHeader,
  maskBy,
  mustBe,
  mustHaveBit,
  shiftLeft,
  toIndex,
} from 'sluice/kernel';
import type { Family } from 'sluice';
import { ACK, ACKNOWLEDGEMENT, DESTINATION_PORT, FLAGS, RST, SEQUENCE, SOURCE_PORT, SYN } from './segment.js';

/** Ours by port and tag, so that the tag is enough to trust in what these filters let through. */
export interface Mark {
  readonly port: number;
  readonly tag: number;
}

/** Bytes that are taken of a packet: the longest headers up to the last part that is read. */
export const ANSWER_BYTES = { 4: 60 + FLAGS + 1, 6: FLAGS + 1 } as const;
const ICMP_HEADER_BYTES = 8;
const IPV6_HEADER_BYTES = 40;
/** An ICMP error quotes at least the IP header and 8 bytes, RFC 792: the ports and the sequence number. */
export const ICMP_BYTES = {
  4: 60 + ICMP_HEADER_BYTES + 60 + 8,
  6: ICMP_HEADER_BYTES + IPV6_HEADER_BYTES + 8,
} as const;
/** Where an ICMPv6 error quotes the TCP header of a packet without extension headers. */
export const QUOTED_TCP6 = ICMP_HEADER_BYTES + IPV6_HEADER_BYTES;
/** Offset of the quoted IP header, in both kinds of ICMP. */
export const QUOTED_IP = ICMP_HEADER_BYTES;

/** `ICMP_DEST_UNREACH` and `ICMPV6_DEST_UNREACH`. */
const UNREACHABLE = { 4: 3, 6: 1 } as const;
const IP4_PROTOCOL = 9;
const IP6_NEXT_HEADER = 6;
const IP4_LENGTH_MASK = 0x0f;

/** Length of the IPv4 header that begins at `at`. */
export function ipHeaderBytes(bytes: Buffer, at: number): number {
  return (bytes[at]! & IP4_LENGTH_MASK) * 4;
}

/** SYN-ACKs and resets that acknowledge one of our sequence numbers. */
export function answerFilter(family: Family, { port, tag }: Mark): Buffer {
  const half = family === 4 ? halfAtIndex : halfAt;
  const byte = family === 4 ? byteAtIndex : byteAt;
  return filterProgram(
    [
      ...(family === 4 ? [indexPastIpHeader(0)] : []),
      half(DESTINATION_PORT),
      mustBe(port),
      half(ACKNOWLEDGEMENT),
      mustBe(tag),
      byte(FLAGS),
      mustHaveBit(ACK),
      mustHaveBit(SYN | RST),
    ],
    ANSWER_BYTES[family],
  );
}

/** Destination unreachable, about one of our SYNs. */
export function unreachableFilter(family: Family, { port, tag }: Mark): Buffer {
  if (family === 6) {
    return filterProgram(
      [
        byteAt(0),
        mustBe(UNREACHABLE[6]),
        byteAt(QUOTED_IP + IP6_NEXT_HEADER),
        mustBe(IPPROTO_TCP),
        halfAt(QUOTED_TCP6 + SOURCE_PORT),
        mustBe(port),
        halfAt(QUOTED_TCP6 + SEQUENCE),
        mustBe(tag),
      ],
      ICMP_BYTES[6],
    );
  }
  return filterProgram(
    [
      indexPastIpHeader(0),
      byteAtIndex(0),
      mustBe(UNREACHABLE[4]),
      byteAtIndex(QUOTED_IP + IP4_PROTOCOL),
      mustBe(IPPROTO_TCP),
      // index += length of the quoted header.
      byteAtIndex(QUOTED_IP),
      maskBy(IP4_LENGTH_MASK),
      shiftLeft(2),
      addIndex(),
      toIndex(),
      halfAtIndex(QUOTED_IP + SOURCE_PORT),
      mustBe(port),
      halfAtIndex(QUOTED_IP + SEQUENCE),
      mustBe(tag),
    ],
    ICMP_BYTES[4],
  );
}

/** For sockets that only send. */
export function deafFilter(): Buffer {
  return filterProgram([], 0);
}
