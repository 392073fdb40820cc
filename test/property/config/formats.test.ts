// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readAddress } from '../../../src/config/address.js';
import { formatDuration, parseDuration } from '../../../src/config/duration.js';
import { formatFwmark, readFwmark } from '../../../src/config/fwmark.js';
import { formatAddressPort, readAddressPort, readListen } from '../../../src/config/listen.js';

const port = fc.integer({ min: 1, max: 65535 });
const ipv4 = fc.ipV4();
const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
  minLength: 8,
  maxLength: 8,
});
/** Mapped addresses have a form of their own. */
const unmapped = groups.filter((all) => all.slice(0, 5).some((group) => group !== 0) || all[5] !== 0xffff);

function longForm(all: readonly number[]): string {
  return all.map((group) => group.toString(16).padStart(4, '0').toUpperCase()).join(':');
}

function valueOf<T>(parsed: { ok: true; value: T } | { ok: false; reason: string }): T {
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.reason);
  return parsed.value;
}

describe('formats', () => {
  it('durations come back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3650 * 86_400_000 }), (ms) => {
        assert.equal(parseDuration(formatDuration(ms)), ms);
      }),
    );
  });

  it('IPv6 addresses have one form, the one that browsers write', () => {
    fc.assert(
      fc.property(unmapped, (all) => {
        const { address, family } = valueOf(readAddress(longForm(all)));
        assert.equal(family, 6);
        assert.equal(`[${address}]`, new URL(`http://[${longForm(all)}]/`).hostname);
        assert.equal(valueOf(readAddress(address)).address, address);
      }),
    );
  });

  it('IPv4 addresses mapped into IPv6 keep their dots', () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        assert.equal(valueOf(readAddress(`0:0:0:0:0:FFFF:${address}`)).address, `::ffff:${address}`);
      }),
    );
  });

  it('addresses with a port come back as they were written', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, groups.map(longForm)), port, (text, number) => {
        const { address } = valueOf(readAddress(text));
        const read = valueOf(readAddressPort(formatAddressPort(text, number)));
        assert.deepEqual(read, { family: address.includes(':') ? 6 : 4, address, port: number });
      }),
    );
  });

  it('listens hold an address or an interface, a port or a range, and a protocol', () => {
    const protocol = fc.constantFrom('', '/tcp', '/udp');
    fc.assert(
      fc.property(
        fc.oneof(ipv4, fc.constantFrom('eth0', 'br-lan.7')),
        port,
        port,
        protocol,
        (host, a, b, suffix) => {
          const [first, last] = [Math.min(a, b), Math.max(a, b)];
          const range = first === last ? `${first}` : `${first}-${last}`;
          const read = valueOf(readListen(`${host}:${range}${suffix}`));
          assert.equal(read.port, first);
          assert.equal(read.portLast, last);
          assert.equal(read.protocol, suffix === '/udp' ? 'udp' : 'tcp');
          assert.equal('interface' in read.on ? read.on.interface : read.on.address, host);
        },
      ),
    );
  });

  it('marks come back as they were written, in either base', () => {
    const word = fc.integer({ min: 1, max: 0xffffffff });
    fc.assert(
      fc.property(word, word, (bits, mask) => {
        const mark = (bits & mask) >>> 0;
        fc.pre(mark !== 0);
        const read = valueOf(readFwmark(`0x${mark.toString(16)}/${mask}`));
        assert.deepEqual(read, { mark, mask });
        assert.deepEqual(valueOf(readFwmark(formatFwmark(read))), read);
      }),
    );
  });

  it('never throw, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const read of [readAddress, readAddressPort, readListen, readFwmark]) read(text);
      }),
    );
  });
});
