// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, TCP_RST } from '../../src/kernel/index.js';
import { bindGroupMessage } from '../../src/kernel/packet-log-message.js';
import { PacketTally } from '../../src/kernel/packet-tally.js';
import {
  icmpError,
  ipPacket,
  logMessage,
  tcpSegment,
  udpDatagram,
  type LogMessage,
} from '../support/packets.js';

const reset = (source: string, port = 8080): Buffer =>
  ipPacket({ source, destination: '192.0.2.9' }, IPPROTO_TCP, tcpSegment(port, 40_000, TCP_RST));

function tallyOf(...messages: readonly LogMessage[]): PacketTally {
  const tally = new PacketTally();
  for (const message of messages) {
    const datagram = logMessage(message);
    tally.add(datagram, datagram.length);
  }
  return tally;
}

describe('the message that binds a group', () => {
  it('asks for each packet at once, cut to size', () => {
    const expected = [
      '40000000 0104 0500 44332211 00000000', // nlmsghdr: 64 bytes, ULOG config, request and ack
      '00 00 1234', // nfgenmsg: the group
      '0500 0100 01 000000', // bind
      '0a00 0200 00000080 02 00 0000', // copy 128 bytes of the packet
      '0800 0300 00000100', // room for a message
      '0800 0400 00000001', // flush after 10 ms
      '0800 0500 00000001', // after one packet
    ];
    assert.equal(
      bindGroupMessage(0x11223344, 0x1234, 128).toString('hex'),
      expected.join('').replaceAll(' ', ''),
    );
  });
});

describe('a tally of logged packets', () => {
  it('shows the first packet whole, with all the kernel says of it', () => {
    const tally = tallyOf({
      payload: reset('10.9.2.2'),
      prefix: 'sluice rst',
      mark: 0x80000007,
      hook: 3,
      inDevice: 5,
      outDevice: 6,
      at: [1_764_000_000n, 123_456n],
    });
    const { signals, others, lost } = tally.take();
    assert.deepEqual([others, lost], [0, false]);
    assert.deepEqual(signals, [
      {
        kind: 'reset',
        address: '10.9.2.2',
        port: 8080,
        protocol: IPPROTO_TCP,
        prefix: 'sluice rst',
        count: 1,
        first: {
          atMs: 1_764_000_000_123.456,
          hook: 3,
          mark: 0x80000007,
          inDevice: 5,
          outDevice: 6,
          packet: {
            family: 4,
            protocol: IPPROTO_TCP,
            source: '10.9.2.2',
            destination: '192.0.2.9',
            sourcePort: 8080,
            destinationPort: 40_000,
            tcpFlags: TCP_RST,
            icmp: null,
          },
        },
      },
    ]);
    assert.ok(tally.isEmpty);
  });

  it('keeps nothing of one packet for the next', () => {
    const tally = tallyOf(
      { payload: reset('10.9.2.2'), prefix: 'a', mark: 1, hook: 1, inDevice: 1, outDevice: 1, at: [1n, 1n] },
      { payload: reset('10.9.3.2') },
    );
    const [, second] = tally.take().signals;
    const { atMs, mark, hook, inDevice, outDevice } = second!.first;
    assert.deepEqual([second!.prefix, atMs, mark, hook, inDevice, outDevice], ['', null, 0, 0, 0, 0]);
  });

  it('counts packets by what they say of whom, under which rule', () => {
    const port = ipPacket(
      { source: '10.9.2.2', destination: '192.0.2.9' },
      IPPROTO_ICMP,
      icmpError(
        3,
        3,
        ipPacket({ source: '192.0.2.9', destination: '10.9.2.2' }, IPPROTO_UDP, udpDatagram(1, 8080)),
      ),
    );
    const tally = tallyOf(
      { payload: reset('10.9.2.2') },
      { payload: reset('10.9.2.2', 8081) },
      { payload: port },
      { payload: reset('10.9.2.2') },
      { payload: reset('10.9.2.2'), prefix: 'other rule' },
      { payload: reset('fd00::2') },
      { payload: ipPacket({ source: '10.0.0.1', destination: '10.0.0.2' }, IPPROTO_UDP, udpDatagram(1, 2)) },
      { payload: Buffer.from([0x45, 1, 2]) },
    );
    const { signals, others } = tally.take();
    assert.deepEqual(
      signals.map(({ kind, address, port, prefix, count }) => [kind, address, port, prefix, count]),
      [
        ['reset', '10.9.2.2', 8080, '', 2],
        ['reset', '10.9.2.2', 8081, '', 1],
        ['port', '10.9.2.2', 8080, '', 1],
        ['reset', '10.9.2.2', 8080, 'other rule', 1],
        ['reset', 'fd00::2', 8080, '', 1],
      ],
    );
    assert.equal(others, 2);
  });

  it('reads several messages of one datagram, and stops at a broken one', () => {
    const one = logMessage({ payload: reset('10.9.2.2') });
    const broken = Buffer.from(one);
    broken.writeUInt32LE(5000, 0);
    const tally = new PacketTally();
    const datagram = Buffer.concat([one, one, broken, one]);
    tally.add(datagram, datagram.length);
    assert.equal(tally.take().signals[0]!.count, 2);
  });

  it('tells in batches, and says what it had no room for', () => {
    const tally = new PacketTally();
    for (let host = 0; host < 5000; host += 1) {
      const datagram = logMessage({ payload: reset(`10.1.${host >> 8}.${host & 0xff}`) });
      tally.add(datagram, datagram.length);
    }
    let told = 0;
    let losses = 0;
    while (!tally.isEmpty) {
      const { signals, lost } = tally.take();
      assert.ok(signals.length <= 128);
      told += signals.length;
      if (lost) losses += 1;
    }
    assert.equal(told, 4096);
    assert.equal(losses, 1, 'told once');
    tally.lose();
    assert.ok(!tally.isEmpty);
    assert.deepEqual(tally.take(), { signals: [], others: 0, lost: true });
  });
});
