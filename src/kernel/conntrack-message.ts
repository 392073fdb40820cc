// SPDX-License-Identifier: MIT
/**
 * The messages of ctnetlink, linux/netfilter/nfnetlink_conntrack.h: asking for entries of the connection table,
 * reading them, deleting them. Pure: nothing here talks to a socket.
 */
import type { Family } from '../virtual-service.js';
import { littleEndian } from './byte-order.js';
import {
  MessageWriter,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  attributes,
  numberOf,
} from './netlink-message.js';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from './nf-tables-constants.js';
import { nfGenHeader } from './nf-tables.js';

const NFNL_SUBSYS_CTNETLINK = 1;
export const CT_NEW = (NFNL_SUBSYS_CTNETLINK << 8) | 0;
const CT_GET = (NFNL_SUBSYS_CTNETLINK << 8) | 1;
const CT_DELETE = (NFNL_SUBSYS_CTNETLINK << 8) | 2;

export const CTA_TUPLE_ORIG = 1;
export const CTA_TUPLE_REPLY = 2;
export const CTA_STATUS = 3;
export const CTA_PROTOINFO = 4;
export const CTA_TIMEOUT = 7;
const CTA_ID = 12;
const CTA_ZONE = 18;
const CTA_FILTER = 25;
const CTA_FILTER_ORIG_FLAGS = 1;
const CTA_FILTER_REPLY_FLAGS = 2;
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_IP_V4_SRC = 1;
const CTA_IP_V4_DST = 2;
const CTA_IP_V6_SRC = 3;
const CTA_IP_V6_DST = 4;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_SRC_PORT = 2;
const CTA_PROTO_DST_PORT = 3;
export const CTA_PROTOINFO_TCP = 1;
export const CTA_PROTOINFO_TCP_STATE = 1;

/** Which parts of a tuple CTA_FILTER compares, net/netfilter/nf_internals.h. */
const FILTER_IP_SRC = 1 << 0;
const FILTER_IP_DST = 1 << 1;
const FILTER_PROTO_NUM = 1 << 3;
const FILTER_SRC_PORT = 1 << 4;
const FILTER_DST_PORT = 1 << 5;

/** linux/netfilter/nf_conntrack_common.h: the peer has answered. */
export const IPS_SEEN_REPLY = 1 << 1;
export const IPS_ASSURED = 1 << 2;
export const IPS_CONFIRMED = 1 << 3;

/** linux/netfilter/nf_conntrack_tcp.h */
export const TCP_CONNTRACK_ESTABLISHED = 3;
export const TCP_CONNTRACK_TIME_WAIT = 7;
export const TCP_CONNTRACK_CLOSE = 8;

/** `struct nfgenmsg` */
const HEADER_BYTES = 4;

/** One direction of a connection, as far as it is known. To compare ports the kernel needs to know the protocol. */
export interface Tuple {
  /** IPPROTO_* */
  readonly protocol?: number | undefined;
  readonly source?: Uint8Array | undefined;
  readonly destination?: Uint8Array | undefined;
  readonly sourcePort?: number | undefined;
  readonly destinationPort?: number | undefined;
}

export interface ConnectionEntry {
  readonly original: Tuple;
  /** As the answers come: its source is the member, after destination NAT. */
  readonly reply: Tuple;
  /** A mask of IPS_*. */
  readonly status: number;
  /** TCP_CONNTRACK_*; undefined when it isn't TCP. */
  readonly tcpState: number | undefined;
  /** What names it to the kernel. */
  readonly identity: ReadonlyMap<number, Buffer>;
  readonly protocolFamily: number;
}

/** Asks for all entries there are. */
export function dumpAllMessage(sequence: number): Buffer {
  return dumpRequest(sequence, 0, () => {});
}

/**
 * Asks for the entries of a family that have what the tuples know. Kernels before 5.8 don't compare and show all of
 * the family: whoever asks compares again.
 */
export function dumpMessage(sequence: number, family: Family, original: Tuple, reply: Tuple): Buffer {
  return dumpRequest(sequence, family === 4 ? NFPROTO_IPV4 : NFPROTO_IPV6, (writer) => {
    writeTuple(writer, CTA_TUPLE_ORIG, original);
    writeTuple(writer, CTA_TUPLE_REPLY, reply);
    writer.nest(CTA_FILTER, () => {
      writer.data(CTA_FILTER_ORIG_FLAGS, hostOrder(filterFlags(original)));
      writer.data(CTA_FILTER_REPLY_FLAGS, hostOrder(filterFlags(reply)));
    });
  });
}

function dumpRequest(sequence: number, family: number, write: (writer: MessageWriter) => void): Buffer {
  const writer = new MessageWriter(256);
  const start = writer.beginMessage(CT_GET, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  writer.raw(nfGenHeader(family));
  write(writer);
  writer.endMessage(start);
  return writer.bytes();
}

/** Reads the payload of a message; null when it holds no entry. */
export function readEntry(payload: Buffer): ConnectionEntry | null {
  const fields = attributes(payload.subarray(HEADER_BYTES));
  const original = readTuple(fields.get(CTA_TUPLE_ORIG));
  const reply = readTuple(fields.get(CTA_TUPLE_REPLY));
  if (original === null || reply === null) return null;
  const tcp = attributes(attributes(fields.get(CTA_PROTOINFO)).get(CTA_PROTOINFO_TCP));
  return {
    original,
    reply,
    status: numberOf(fields.get(CTA_STATUS)) ?? 0,
    tcpState: numberOf(tcp.get(CTA_PROTOINFO_TCP_STATE)),
    identity: fields,
    protocolFamily: payload[0]!,
  };
}

/** Deletes that very entry, and no later one between the same ends. */
export function writeDelete(writer: MessageWriter, sequence: number, entry: ConnectionEntry): void {
  const start = writer.beginMessage(CT_DELETE, NLM_F_REQUEST | NLM_F_ACK, sequence);
  writer.raw(nfGenHeader(entry.protocolFamily));
  for (const type of [CTA_TUPLE_ORIG, CTA_ZONE, CTA_ID]) {
    const data = entry.identity.get(type);
    if (data !== undefined) writer.data(type, data);
  }
  writer.endMessage(start);
}

export function writeTuple(writer: MessageWriter, type: number, tuple: Tuple): void {
  const { protocol, source, destination, sourcePort, destinationPort } = tuple;
  writer.nest(type, () => {
    if (source !== undefined || destination !== undefined) {
      writer.nest(CTA_TUPLE_IP, () => {
        if (source !== undefined) writer.data(source.length === 4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, source);
        if (destination === undefined) return;
        writer.data(destination.length === 4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, destination);
      });
    }
    if (protocol === undefined) return;
    writer.nest(CTA_TUPLE_PROTO, () => {
      writer.u8(CTA_PROTO_NUM, protocol);
      if (sourcePort !== undefined) writer.u16be(CTA_PROTO_SRC_PORT, sourcePort);
      if (destinationPort !== undefined) writer.u16be(CTA_PROTO_DST_PORT, destinationPort);
    });
  });
}

function filterFlags({ protocol, source, destination, sourcePort, destinationPort }: Tuple): number {
  return (
    (source === undefined ? 0 : FILTER_IP_SRC) |
    (destination === undefined ? 0 : FILTER_IP_DST) |
    (protocol === undefined ? 0 : FILTER_PROTO_NUM) |
    (sourcePort === undefined ? 0 : FILTER_SRC_PORT) |
    (destinationPort === undefined ? 0 : FILTER_DST_PORT)
  );
}

function readTuple(data: Buffer | undefined): Tuple | null {
  const fields = attributes(data);
  const ends = attributes(fields.get(CTA_TUPLE_IP));
  const ports = attributes(fields.get(CTA_TUPLE_PROTO));
  const protocol = numberOf(ports.get(CTA_PROTO_NUM));
  if (protocol === undefined) return null;
  return {
    protocol,
    source: ends.get(CTA_IP_V4_SRC) ?? ends.get(CTA_IP_V6_SRC),
    destination: ends.get(CTA_IP_V4_DST) ?? ends.get(CTA_IP_V6_DST),
    sourcePort: numberOf(ports.get(CTA_PROTO_SRC_PORT)),
    destinationPort: numberOf(ports.get(CTA_PROTO_DST_PORT)),
  };
}

/** ctnetlink's flags are the one number of netfilter that isn't in network order. */
function hostOrder(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return bytes;
}
