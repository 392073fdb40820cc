// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ConnectionMatch,
  ConnectionMatches,
  requestFor,
  type ConnectionFilter,
} from '../../src/kernel/connection-filter.js';
import {
  CTA_PROTOINFO,
  CTA_PROTOINFO_TCP,
  CTA_PROTOINFO_TCP_STATE,
  CTA_STATUS,
  CTA_TUPLE_ORIG,
  CTA_TUPLE_REPLY,
  IPS_CONFIRMED,
  IPS_SEEN_REPLY,
  dumpAllMessage,
  readEntry,
  writeDelete,
  writeTuple,
  type ConnectionEntry,
} from '../../src/kernel/conntrack-message.js';
import { IPPROTO_TCP, IPPROTO_UDP, MessageWriter, addressBytes } from '../../src/kernel/index.js';

const hex = (...parts: readonly string[]): string => parts.join('').replaceAll(' ', '');

interface Sample {
  readonly protocol?: number;
  readonly frontend?: string;
  readonly frontendPort?: number;
  readonly member?: string;
  readonly memberPort?: number;
  readonly status?: number;
  readonly tcpState?: number;
}

/** The payload of a message about an entry, as ctnetlink orders it. */
function payloadOf(sample: Sample = {}): Buffer {
  const {
    protocol = IPPROTO_TCP,
    frontend = '192.0.2.10',
    frontendPort = 80,
    status = IPS_CONFIRMED,
  } = sample;
  const { member = '10.9.2.2', memberPort = 8080, tcpState } = sample;
  const source = addressBytes(frontend.includes(':') ? '2001:db8::77' : '192.0.2.77');
  const writer = new MessageWriter();
  const start = writer.beginMessage(0x0100, 2, 1);
  writer.raw(Uint8Array.of(source.length === 4 ? 2 : 10, 0, 0, 0));
  writeTuple(writer, CTA_TUPLE_ORIG, {
    protocol,
    source,
    destination: addressBytes(frontend),
    sourcePort: 4000,
    destinationPort: frontendPort,
  });
  writeTuple(writer, CTA_TUPLE_REPLY, {
    protocol,
    source: addressBytes(member),
    destination: source,
    sourcePort: memberPort,
    destinationPort: 4000,
  });
  writer.u16be(18, 3);
  writer.u32be(CTA_STATUS, status);
  if (tcpState !== undefined) {
    writer.nest(CTA_PROTOINFO, () =>
      writer.nest(CTA_PROTOINFO_TCP, () => writer.u8(CTA_PROTOINFO_TCP_STATE, tcpState)),
    );
  }
  writer.u32be(12, 0xcafef00d);
  writer.endMessage(start);
  return Buffer.from(writer.bytes().subarray(16));
}

function entryOf(sample: Sample = {}): ConnectionEntry {
  const entry = readEntry(payloadOf(sample));
  assert.ok(entry !== null);
  return entry;
}

const request = (...filters: readonly ConnectionFilter[]): string =>
  requestFor(
    0x11223344,
    filters.map((filter) => new ConnectionMatch(filter)),
  ).toString('hex');

describe('requests for entries of the connection table', () => {
  it('let the kernel compare protocol, member and frontend', () => {
    assert.equal(
      request({
        protocol: 'udp',
        member: { address: '10.9.2.2', port: 5353 },
        frontend: { address: '192.0.2.10', port: 53 },
      }),
      hex(
        '70000000 0101 0103 44332211 00000000', // nlmsghdr: 112 bytes, ctnetlink get, request and dump
        '02 00 0000', // nfgenmsg: IPv4
        '2400 0180', // original tuple
        '0c00 0180 0800 0200 c000020a', // destination address
        '1400 0280 0500 0100 11 000000 0600 0300 0035 0000', // UDP, destination port
        '2400 0280', // reply tuple
        '0c00 0180 0800 0100 0a090202', // source address
        '1400 0280 0500 0100 11 000000 0600 0200 14e9 0000', // UDP, source port
        '1400 1980', // filter
        '0800 0100 2a000000', // original: destination, protocol, destination port
        '0800 0200 19000000', // reply: source, protocol, source port
      ),
    );
  });

  it('for all ask for all', () => {
    assert.equal(dumpAllMessage(9).toString('hex'), hex('14000000 0101 0103 09000000 00000000 00 00 0000'));
  });

  it('leave out what is any, or a range, and addresses of IPv6', () => {
    assert.equal(
      request({
        protocol: 'tcp',
        member: { address: 'fd00::2', port: 0 },
        frontend: { address: '2001:db8::10', port: 8000, portLast: 8010 },
      }),
      hex(
        '48000000 0101 0103 44332211 00000000', // nlmsghdr: 72 bytes
        '0a 00 0000', // nfgenmsg: IPv6
        '1000 0180 0c00 0280 0500 0100 06 000000', // original: TCP, and no address, see requestFor
        '1000 0280 0c00 0280 0500 0100 06 000000',
        '1400 1980 0800 0100 08000000 0800 0200 08000000',
      ),
    );
  });

  it('of several filters at one place ask for what these have in common', () => {
    const member = { address: '10.9.2.2', port: 8080 };
    assert.equal(
      request(
        { protocol: 'tcp', member, frontend: { address: '192.0.2.10', port: 80 } },
        { protocol: 'udp', member, frontend: { address: '192.0.2.10', port: 80 } },
      ),
      hex(
        '48000000 0101 0103 44332211 00000000',
        '02 00 0000',
        '1000 0180 0c00 0180 0800 0200 c000020a',
        '1000 0280 0c00 0180 0800 0100 0a090202',
        '1400 1980 0800 0100 02000000 0800 0200 01000000',
      ),
    );
    const tcp = { protocol: 'tcp', member } as const;
    const all = request(tcp, { ...tcp, frontend: { address: '192.0.2.10', port: 80 } });
    assert.equal(all, request(tcp), 'no frontend: any');
    assert.equal(
      request({ ...tcp, member: { ...member, port: 1 } }, { ...tcp, member: { ...member, port: 2 } }),
      request({ ...tcp, member: { ...member, port: 0 } }),
    );
  });
});

describe('entries of the connection table', () => {
  it('are read with both directions, status and state', () => {
    const { original, reply, status, tcpState } = entryOf({
      tcpState: 7,
      status: IPS_CONFIRMED | IPS_SEEN_REPLY,
    });
    assert.deepEqual([status, tcpState], [IPS_CONFIRMED | IPS_SEEN_REPLY, 7]);
    assert.deepEqual(original, {
      protocol: IPPROTO_TCP,
      source: Buffer.from([192, 0, 2, 77]),
      destination: Buffer.from([192, 0, 2, 10]),
      sourcePort: 4000,
      destinationPort: 80,
    });
    assert.deepEqual(reply.source, Buffer.from([10, 9, 2, 2]));
    assert.deepEqual([reply.sourcePort, reply.destinationPort], [8080, 4000]);
    assert.equal(entryOf({ protocol: IPPROTO_UDP }).tcpState, undefined);
    assert.equal(readEntry(Buffer.from([2, 0, 0, 0])), null);
    assert.equal(readEntry(payloadOf().subarray(0, 30)), null);
  });

  it('are deleted by original tuple, zone and id', () => {
    const writer = new MessageWriter();
    writeDelete(writer, 9, entryOf());
    assert.equal(
      writer.bytes().toString('hex'),
      hex(
        '58000000 0201 0500 09000000 00000000', // ctnetlink delete, request and ack
        '02 00 0000',
        '3400 0100',
        '1400 0180 0800 0100 c000024d 0800 0200 c000020a',
        '1c00 0280 0500 0100 06 000000 0600 0200 0fa0 0000 0600 0300 0050 0000',
        '0600 1200 0003 0000',
        '0800 0c00 cafef00d',
      ),
    );
  });
});

describe('filters of connections', () => {
  const member = { address: '10.9.2.2', port: 8080 };
  const frontend = { address: '192.0.2.10', port: 80 };
  const matches = (filter: ConnectionFilter, sample: Sample): boolean =>
    new ConnectionMatch(filter).matches(entryOf(sample));

  it('compare protocol, member and frontend', () => {
    const filter = { protocol: 'tcp', member, frontend } as const;
    assert.ok(matches(filter, {}));
    assert.ok(!matches(filter, { protocol: IPPROTO_UDP }));
    assert.ok(!matches(filter, { member: '10.9.2.3' }));
    assert.ok(!matches(filter, { memberPort: 8081 }));
    assert.ok(!matches(filter, { frontend: '192.0.2.11' }));
    assert.ok(!matches(filter, { frontendPort: 81 }));
    assert.ok(matches({ protocol: 'tcp', member }, { frontend: '192.0.2.11', frontendPort: 81 }));
    assert.ok(matches({ protocol: 'tcp', frontend }, { member: '10.9.2.3', memberPort: 1 }));
    const v6 = { frontend: '2001:db8::10', member: 'fd00::2' };
    assert.ok(matches({ protocol: 'tcp', member: { address: 'fd00:0::2', port: 8080 } }, v6));
    assert.ok(!matches(filter, v6));
  });

  it('take any port for 0, and a range of frontends', () => {
    const ranged = { protocol: 'tcp', frontend: { ...frontend, portLast: 82 } } as const;
    assert.deepEqual(
      [79, 80, 82, 83].map((frontendPort) => matches(ranged, { frontendPort })),
      [false, true, true, false],
    );
    assert.ok(matches({ protocol: 'tcp', member: { ...member, port: 0 } }, { memberPort: 65_535 }));
  });

  it('tell the unanswered from the answered', () => {
    const filter = { protocol: 'tcp', member, unanswered: true } as const;
    assert.ok(matches(filter, {}));
    assert.ok(!matches(filter, { status: IPS_CONFIRMED | IPS_SEEN_REPLY }));
  });

  it('that make no sense are refused', () => {
    for (const filter of [
      { protocol: 'tcp' },
      { protocol: 'udp', member: { address: 'fd00::2', port: 1 }, frontend },
      { protocol: 'udp', member: { address: 'a', port: 1 } },
    ] as const) {
      assert.throws(() => new ConnectionMatch(filter), RangeError);
    }
  });
});

describe('many filters of connections', () => {
  const at = (address: string, port: number): ConnectionFilter => ({
    protocol: 'tcp',
    member: { address, port },
  });
  const many = (...filters: readonly ConnectionFilter[]): ConnectionMatches =>
    new ConnectionMatches(filters.map((filter) => new ConnectionMatch(filter)));

  it('are found by their places', () => {
    const matches = many(
      at('10.9.2.2', 1),
      at('10.9.2.2', 8080),
      { protocol: 'tcp', frontend: { address: '192.0.2.10', port: 80 } },
      at('fd00::2', 8080),
    );
    assert.deepEqual(
      [{}, { memberPort: 1 }, { member: '10.9.3.2' }, { member: '10.9.3.2', frontendPort: 81 }].map(
        (sample) => matches.find(entryOf(sample)),
      ),
      [1, 0, 2, -1],
    );
    assert.equal(matches.find(entryOf({ frontend: '2001:db8::10', member: 'fd00::2' })), 3);
    assert.deepEqual(
      matches.byPlace.map((part) => part.length),
      [2, 1, 1],
    );
  });

  it('pass over a message that has none of their places', () => {
    const few = many(at('10.9.2.2', 0), at('fd00::2', 0));
    assert.ok(few.mayFit(payloadOf()));
    assert.ok(!few.mayFit(payloadOf({ member: '10.9.3.2' })));
    const crowd = many(...Array.from({ length: 20 }, (_, index) => at(`10.9.2.${index}`, 0)));
    assert.equal(crowd.find(entryOf()), 2);
    assert.ok(crowd.mayFit(payloadOf()));
  });
});
