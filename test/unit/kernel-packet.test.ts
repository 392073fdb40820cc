// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  TCP_ACK,
  TCP_RST,
  TCP_SYN,
  findHeaders,
  readPacket,
} from '../../src/kernel/index.js';
import { subjectOf } from '../../src/kernel/packet-subject.js';
import { icmpError, ipPacket, tcpSegment, udpDatagram } from '../support/packets.js';

const v4 = { source: '10.9.2.2', destination: '192.0.2.10' };
const v6 = { source: 'fd00:9:0:2::2', destination: '2001:db8::10' };
const toMember = { source: '192.0.2.77', destination: '10.9.2.2' };
const toMember6 = { source: '2001:db8::77', destination: 'fd00:9:0:2::2' };

describe('packets', () => {
  it('of TCP are read with ports and flags', () => {
    for (const [family, ends] of [
      [4, v4],
      [6, v6],
    ] as const) {
      const packet = ipPacket(ends, IPPROTO_TCP, tcpSegment(8080, 40_000, TCP_RST | TCP_ACK));
      assert.deepEqual(readPacket(packet), {
        family,
        protocol: IPPROTO_TCP,
        ...ends,
        sourcePort: 8080,
        destinationPort: 40_000,
        tcpFlags: TCP_RST | TCP_ACK,
        icmp: null,
      });
    }
  });

  it('of ICMP are read with what they quote', () => {
    const quoted = ipPacket(toMember, IPPROTO_UDP, udpDatagram(5353, 53));
    const packet = readPacket(ipPacket(v4, IPPROTO_ICMP, icmpError(3, 3, quoted)))!;
    assert.deepEqual([packet.source, packet.sourcePort, packet.tcpFlags], ['10.9.2.2', null, null]);
    assert.equal(packet.icmp?.type, 3);
    assert.equal(packet.icmp.code, 3);
    assert.deepEqual(packet.icmp.original, {
      family: 4,
      protocol: IPPROTO_UDP,
      ...toMember,
      sourcePort: 5353,
      destinationPort: 53,
      tcpFlags: null,
      icmp: null,
    });
    const echo = readPacket(ipPacket(v4, IPPROTO_ICMP, Buffer.from([8, 0, 0, 0, 0, 1, 0, 1])))!;
    assert.deepEqual(echo.icmp, { type: 8, code: 0, original: null });
  });

  it('of IPv6 are read through their extension headers', () => {
    const tcp = tcpSegment(443, 50_000, TCP_SYN);
    const hopByHop = Buffer.from([60, 0, 1, 4, 0, 0, 0, 0]);
    const options = Buffer.from([44, 1, ...Buffer.alloc(14)]);
    const fragment = (offset: number): Buffer =>
      Buffer.from([IPPROTO_TCP, 0, offset >> 8, offset, 0, 0, 0, 1]);
    const first = readPacket(ipPacket(v6, 0, Buffer.concat([hopByHop, options, fragment(1), tcp])))!;
    assert.deepEqual([first.protocol, first.sourcePort, first.tcpFlags], [IPPROTO_TCP, 443, TCP_SYN]);
    const later = readPacket(ipPacket(v6, 0, Buffer.concat([hopByHop, options, fragment(8), tcp])))!;
    assert.deepEqual([later.protocol, later.sourcePort, later.tcpFlags], [IPPROTO_TCP, null, null]);
  });

  it('with IPv4 options are read, and later fragments have no ports', () => {
    const packet = ipPacket(v4, IPPROTO_TCP, Buffer.concat([Buffer.alloc(4, 1), tcpSegment(1, 2, TCP_SYN)]));
    packet[0] = 0x46;
    assert.equal(readPacket(packet)!.destinationPort, 2);
    packet.writeUInt16BE(0x2000, 6);
    assert.equal(readPacket(packet)!.destinationPort, 2);
    packet.writeUInt16BE(0x2001, 6);
    assert.equal(readPacket(packet)!.destinationPort, null);
  });

  it('cut short are read as far as they go', () => {
    const whole = ipPacket(v4, IPPROTO_TCP, tcpSegment(80, 90, TCP_RST));
    assert.equal(readPacket(whole.subarray(0, 19)), null);
    assert.equal(readPacket(whole.subarray(0, 23))!.sourcePort, null);
    assert.deepEqual(
      [readPacket(whole.subarray(0, 24))!.sourcePort, readPacket(whole.subarray(0, 24))!.tcpFlags],
      [80, null],
    );
    assert.equal(readPacket(ipPacket(v6, 0, Buffer.from([6, 200])))!.sourcePort, null);
    assert.equal(readPacket(Buffer.alloc(0)), null);
  });

  it('of any bytes never lead beyond them', () => {
    const version = fc.constantFrom(0x45, 0x4f, 0x60);
    const protocol = fc.constantFrom(0, 1, 6, 17, 43, 44, 51, 58, 60, 135);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 160 }),
        version,
        protocol,
        protocol,
        (bytes, first, next, then) => {
          if (bytes.length > 0) bytes[0] = first;
          if (bytes.length > 9) bytes[first < 0x60 ? 9 : 6] = next;
          if (bytes.length > 40) bytes[first < 0x60 ? 20 : 40] = then;
          const headers = findHeaders(bytes);
          const packet = readPacket(bytes);
          assert.equal(headers === null, packet === null);
          if (headers === null) return;
          assert.ok(headers.transport <= bytes.length);
          const subject = subjectOf(bytes, headers);
          if (subject !== null) {
            assert.ok(subject.port + 2 <= bytes.length);
            assert.ok(subject.address + subject.addressBytes <= bytes.length);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('what a packet tells', () => {
  const tell = (packet: Buffer): unknown => {
    const subject = subjectOf(packet, findHeaders(packet)!);
    if (subject === null) return null;
    const address = packet.subarray(subject.address, subject.address + subject.addressBytes);
    return [subject.kind, subject.protocol, address.toString('hex'), packet.readUInt16BE(subject.port)];
  };
  const member = '0a090202';
  const member6 = 'fd000009000000020000000000000002';

  it('of TCP is about its source when it resets, about its destination when it opens', () => {
    const tcp = (ends: typeof v4, flags: number): unknown =>
      tell(ipPacket(ends, IPPROTO_TCP, tcpSegment(8080, 9090, flags)));
    assert.deepEqual(tcp(v4, TCP_RST | TCP_ACK), ['reset', IPPROTO_TCP, member, 8080]);
    assert.deepEqual(tcp(v6, TCP_RST), ['reset', IPPROTO_TCP, member6, 8080]);
    assert.deepEqual(tcp(toMember, TCP_SYN), ['syn', IPPROTO_TCP, member, 9090]);
    assert.equal(tcp(v4, TCP_SYN | TCP_ACK), null);
    assert.equal(tcp(v4, TCP_ACK), null);
  });

  it('of ICMP is about the destination of what it quotes', () => {
    const udp = ipPacket(toMember, IPPROTO_UDP, udpDatagram(9, 53));
    const tcp6 = ipPacket(toMember6, IPPROTO_TCP, tcpSegment(9, 443, TCP_SYN));
    const icmp = (type: number, code: number): unknown =>
      tell(ipPacket(v4, IPPROTO_ICMP, icmpError(type, code, udp)));
    const icmp6 = (type: number, code: number): unknown =>
      tell(ipPacket(v6, IPPROTO_ICMPV6, icmpError(type, code, tcp6)));
    for (const [code, kind] of [
      [0, 'net'],
      [1, 'host'],
      [2, 'protocol'],
      [3, 'port'],
      [10, 'prohibited'],
      [13, 'prohibited'],
    ] as const) {
      assert.deepEqual(icmp(3, code), [kind, IPPROTO_UDP, member, 53]);
    }
    for (const [code, kind] of [
      [0, 'net'],
      [1, 'prohibited'],
      [3, 'host'],
      [4, 'port'],
    ] as const) {
      assert.deepEqual(icmp6(1, code), [kind, IPPROTO_TCP, member6, 443]);
    }
    assert.equal(icmp(3, 4), null, 'fragmentation needed');
    assert.equal(icmp(11, 0), null, 'time exceeded');
    assert.equal(icmp6(2, 0), null, 'packet too big');
    assert.equal(icmp(8, 0), null, 'echo');
  });

  it('of ICMP reads the ports of eight quoted bytes, and nothing of fewer', () => {
    const tcp = ipPacket(toMember, IPPROTO_TCP, tcpSegment(9, 443, TCP_SYN));
    const quoting = (bytes: number): unknown =>
      tell(ipPacket(v4, IPPROTO_ICMP, icmpError(3, 1, tcp.subarray(0, bytes))));
    assert.deepEqual(quoting(28), ['host', IPPROTO_TCP, member, 443]);
    assert.equal(quoting(23), null);
    assert.equal(quoting(10), null);
  });
});
