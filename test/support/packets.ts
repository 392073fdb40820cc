// SPDX-License-Identifier: MIT
/** Packets and their log messages as bytes, for tests. */
import { MessageWriter, addressBytes } from '../../src/kernel/index.js';

export interface PacketEnds {
  readonly source: string;
  readonly destination: string;
}

/** An IP packet around `payload`; a header of 20 or 40 bytes. */
export function ipPacket({ source, destination }: PacketEnds, protocol: number, payload: Uint8Array): Buffer {
  const from = addressBytes(source);
  const to = addressBytes(destination);
  if (from.length === 4) {
    const header = Buffer.alloc(20);
    header[0] = 0x45;
    header.writeUInt16BE(20 + payload.length, 2);
    header[8] = 64;
    header[9] = protocol;
    header.set(from, 12);
    header.set(to, 16);
    return Buffer.concat([header, payload]);
  }
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(payload.length, 4);
  header[6] = protocol;
  header[7] = 64;
  header.set(from, 8);
  header.set(to, 24);
  return Buffer.concat([header, payload]);
}

export function tcpSegment(sourcePort: number, destinationPort: number, flags: number): Buffer {
  const segment = Buffer.alloc(20);
  segment.writeUInt16BE(sourcePort, 0);
  segment.writeUInt16BE(destinationPort, 2);
  segment[12] = 0x50;
  segment[13] = flags;
  return segment;
}

export function udpDatagram(sourcePort: number, destinationPort: number): Buffer {
  const datagram = Buffer.alloc(8);
  datagram.writeUInt16BE(sourcePort, 0);
  datagram.writeUInt16BE(destinationPort, 2);
  datagram.writeUInt16BE(8, 4);
  return datagram;
}

/** An ICMP or ICMPv6 message that quotes `original`. */
export function icmpError(type: number, code: number, original: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, code, 0, 0, 0, 0, 0, 0]), original]);
}

export interface LogMessage {
  readonly payload: Uint8Array;
  readonly prefix?: string;
  readonly mark?: number;
  readonly hook?: number;
  readonly inDevice?: number;
  readonly outDevice?: number;
  /** Seconds and microseconds. */
  readonly at?: readonly [bigint, bigint];
}

/** A message as nfnetlink_log writes it. */
export function logMessage(message: LogMessage): Buffer {
  const { payload, prefix, mark, hook = 0, inDevice, outDevice, at } = message;
  const writer = new MessageWriter();
  const start = writer.beginMessage(4 << 8, 0, 0);
  writer.raw(Uint8Array.of(2, 0, 0, 7));
  writer.data(1, Uint8Array.of(0x08, 0x00, hook, 0));
  if (prefix !== undefined) writer.string(10, prefix);
  if (inDevice !== undefined) writer.u32be(4, inDevice);
  if (outDevice !== undefined) writer.u32be(5, outDevice);
  if (mark !== undefined) writer.u32be(2, mark);
  if (at !== undefined) {
    const stamp = Buffer.alloc(16);
    stamp.writeBigUInt64BE(at[0], 0);
    stamp.writeBigUInt64BE(at[1], 8);
    writer.data(3, stamp);
  }
  writer.data(9, payload);
  writer.endMessage(start);
  return Buffer.from(writer.bytes());
}
