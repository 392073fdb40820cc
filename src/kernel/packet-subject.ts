// SPDX-License-Identifier: MIT
/** What one packet tells of an endpoint. Pure. */
import {
  IPPROTO_ICMP,
  TCP_ACK,
  TCP_RST,
  TCP_SYN,
  findQuoted,
  hasPorts,
  tcpFlagsOf,
  type Headers,
} from './packet.js';

/**
 * - `reset`: TCP's RST. The endpoint is the packet's source.
 * - `syn`: TCP's SYN without ACK. The endpoint is the packet's destination.
 * - `port`, `host`, `net`, `protocol`, `prohibited`: an ICMP error says so of the packet that it quotes. The endpoint
 *   is that packet's destination.
 */
export const PACKET_KINDS = ['reset', 'syn', 'port', 'host', 'net', 'protocol', 'prohibited'] as const;
export type PacketKind = (typeof PACKET_KINDS)[number];

/** The endpoint a packet tells of, as offsets into the bytes that hold it. */
export interface Subject {
  readonly kind: PacketKind;
  /** IPPROTO_* of the endpoint. */
  readonly protocol: number;
  /** Offset of its address, and how many bytes that has. */
  readonly address: number;
  readonly addressBytes: 4 | 16;
  /** Offset of its port, 2 bytes. */
  readonly port: number;
}

/** Codes of ICMP's type 3, RFC 1122 and RFC 1812. Fragmentation needed (4) says nothing of the endpoint. */
const UNREACHABLE: ReadonlyMap<number, PacketKind> = new Map([
  [0, 'net'],
  [1, 'host'],
  [2, 'protocol'],
  [3, 'port'],
  [6, 'net'],
  [7, 'host'],
  [9, 'prohibited'],
  [10, 'prohibited'],
  [11, 'net'],
  [12, 'host'],
  [13, 'prohibited'],
]);
/** Codes of ICMPv6's type 1, RFC 4443. */
const UNREACHABLE6: ReadonlyMap<number, PacketKind> = new Map([
  [0, 'net'],
  [1, 'prohibited'],
  [2, 'net'],
  [3, 'host'],
  [4, 'port'],
  [5, 'prohibited'],
  [6, 'prohibited'],
]);
const ICMP_UNREACHABLE = 3;
const ICMPV6_UNREACHABLE = 1;

/** What the packet with these headers tells of an endpoint; null when nothing. */
export function subjectOf(data: Uint8Array, headers: Headers): Subject | null {
  const flags = tcpFlagsOf(data, headers);
  if (flags >= 0) {
    if ((flags & TCP_RST) !== 0) return at(headers, 'reset', headers.source, 0);
    if ((flags & (TCP_SYN | TCP_ACK)) === TCP_SYN) return at(headers, 'syn', headers.destination, 2);
    return null;
  }
  const quoted = findQuoted(data, headers);
  if (quoted === null || !hasPorts(quoted)) return null;
  const kind = unreachable(data, headers);
  return kind === undefined ? null : at(quoted, kind, quoted.destination, 2);
}

function at(
  { family, protocol, transport }: Headers,
  kind: PacketKind,
  address: number,
  port: number,
): Subject {
  return { kind, protocol, address, addressBytes: family === 4 ? 4 : 16, port: transport + port };
}

function unreachable(data: Uint8Array, { protocol, transport }: Headers): PacketKind | undefined {
  const type = data[transport]!;
  const code = data[transport + 1]!;
  if (protocol === IPPROTO_ICMP) return type === ICMP_UNREACHABLE ? UNREACHABLE.get(code) : undefined;
  return type === ICMPV6_UNREACHABLE ? UNREACHABLE6.get(code) : undefined;
}
