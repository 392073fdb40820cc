// SPDX-License-Identifier: MIT
/**
 * The headers of an IP packet: IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792) and
 * ICMPv6 (RFC 4443). Pure. Lengths that the packet claims are never believed beyond its bytes.
 */
import type { Family } from '../virtual-service.js';
import { addressText } from './ip-address.js';
import { IPPROTO_TCP, IPPROTO_UDP } from './nf-tables-constants.js';

export const IPPROTO_ICMP = 1;
export const IPPROTO_ICMPV6 = 58;

export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_ACK = 0x10;

/** Where things are within the bytes that hold a packet. */
export interface Headers {
  readonly family: Family;
  /** IPPROTO_* of the payload, beyond IPv6's extension headers. */
  readonly protocol: number;
  /** Offsets of the addresses, of 4 or 16 bytes. */
  readonly source: number;
  readonly destination: number;
  /** Offset of the transport header; -1 in a fragment that is not the first, and where the bytes end before it. */
  readonly transport: number;
  /** Where the bytes of the packet end. */
  readonly end: number;
}

export interface Packet {
  readonly family: Family;
  /** IPPROTO_* */
  readonly protocol: number;
  readonly source: string;
  readonly destination: string;
  /** Of TCP and UDP; null otherwise, and where the bytes end before them. */
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  /** A mask of TCP_SYN, TCP_RST, …; null when it isn't TCP. */
  readonly tcpFlags: number | null;
  readonly icmp: {
    readonly type: number;
    readonly code: number;
    /** The packet that an ICMP error is about, as far as the error quotes it. */
    readonly original: Packet | null;
  } | null;
}

const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const FRAGMENT_OFFSET = 0x1fff;
/** An ICMP error quotes the packet after its type, code, checksum and 4 bytes more. */
const ICMP_HEADER_BYTES = 8;

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
/** More headers than that before the payload are somebody's joke. */
const MOST_EXTENSIONS = 8;

/** Finds the headers of the packet in `data` from `at` to `end`; null where there is no whole IP header. */
export function findHeaders(data: Uint8Array, at = 0, end = data.length): Headers | null {
  if (end - at < IPV4_HEADER_BYTES) return null;
  const version = data[at]! >> 4;
  if (version === 4) return findHeaders4(data, at, end);
  return version === 6 && end - at >= IPV6_HEADER_BYTES ? findHeaders6(data, at, end) : null;
}

/** The headers of the packet that an ICMP error quotes; null when this is no error, or quotes too little. */
export function findQuoted(data: Uint8Array, { protocol, transport, end }: Headers): Headers | null {
  if (transport < 0 || end - transport < ICMP_HEADER_BYTES) return null;
  const type = data[transport]!;
  const isError =
    protocol === IPPROTO_ICMP
      ? ICMP_ERRORS.has(type)
      : protocol === IPPROTO_ICMPV6 && type < FIRST_ICMPV6_QUERY;
  return isError ? findHeaders(data, transport + ICMP_HEADER_BYTES, end) : null;
}

/** Unreachable, source quench, redirect, time exceeded, parameter problem. */
const ICMP_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);
const FIRST_ICMPV6_QUERY = 128;

/** Reads a whole packet; null where there is no whole IP header. */
export function readPacket(data: Uint8Array): Packet | null {
  const headers = findHeaders(data);
  return headers === null ? null : packetAt(data, headers, true);
}

/** Whether the ports of `headers` are within the bytes. */
export function hasPorts({ protocol, transport, end }: Headers): boolean {
  return (protocol === IPPROTO_TCP || protocol === IPPROTO_UDP) && transport >= 0 && end - transport >= 4;
}

/** A mask of TCP_SYN, TCP_RST, …; -1 when it isn't TCP, or too short. */
export function tcpFlagsOf(data: Uint8Array, { protocol, transport, end }: Headers): number {
  return protocol === IPPROTO_TCP && transport >= 0 && end - transport >= 14 ? data[transport + 13]! : -1;
}

function findHeaders4(data: Uint8Array, at: number, end: number): Headers {
  const headerBytes = (data[at]! & 0xf) * 4;
  const isFirst = (u16(data, at + 6) & FRAGMENT_OFFSET) === 0;
  const transport = at + Math.max(headerBytes, IPV4_HEADER_BYTES);
  return {
    family: 4,
    protocol: data[at + 9]!,
    source: at + 12,
    destination: at + 16,
    transport: isFirst && transport <= end ? transport : -1,
    end,
  };
}

function findHeaders6(data: Uint8Array, at: number, end: number): Headers {
  let protocol = data[at + 6]!;
  let transport = at + IPV6_HEADER_BYTES;
  for (let count = 0; count < MOST_EXTENSIONS && isExtension(protocol); count += 1) {
    if (transport + 8 > end) {
      transport = -1;
      break;
    }
    const isLaterFragment = protocol === FRAGMENT && (u16(data, transport + 2) & 0xfff8) !== 0;
    const bytes = extensionBytes(protocol, data[transport + 1]!);
    protocol = data[transport]!;
    transport = isLaterFragment ? -1 : transport + bytes;
    if (transport < 0) break;
  }
  if (transport > end) transport = -1;
  return { family: 6, protocol, source: at + 8, destination: at + 24, transport, end };
}

function isExtension(protocol: number): boolean {
  return (
    protocol === HOP_BY_HOP ||
    protocol === ROUTING ||
    protocol === FRAGMENT ||
    protocol === AUTHENTICATION ||
    protocol === DESTINATION_OPTIONS ||
    protocol === MOBILITY
  );
}

function extensionBytes(protocol: number, length: number): number {
  if (protocol === FRAGMENT) return 8;
  return protocol === AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8;
}

function packetAt(data: Uint8Array, headers: Headers, outermost: boolean): Packet {
  const { family, protocol, source, destination, transport, end } = headers;
  const bytes = family === 4 ? 4 : 16;
  const ports = hasPorts(headers);
  const flags = tcpFlagsOf(data, headers);
  const isIcmp =
    (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) && transport >= 0 && end - transport >= 2;
  // A packet that quotes a packet that quotes a packet: the first two tell all.
  const quoted = outermost && isIcmp ? findQuoted(data, headers) : null;
  return {
    family,
    protocol,
    source: addressText(data.subarray(source, source + bytes)),
    destination: addressText(data.subarray(destination, destination + bytes)),
    sourcePort: ports ? u16(data, transport) : null,
    destinationPort: ports ? u16(data, transport + 2) : null,
    tcpFlags: flags < 0 ? null : flags,
    icmp: isIcmp
      ? {
          type: data[transport]!,
          code: data[transport + 1]!,
          original: quoted === null ? null : packetAt(data, quoted, false),
        }
      : null,
  };
}

function u16(data: Uint8Array, at: number): number {
  return (data[at]! << 8) | data[at + 1]!;
}
