// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAddress } from '../../../src/config/address.js';
import { parseDuration } from '../../../src/config/duration.js';
import { readName } from '../../../src/config/formats.js';
import { readFwmark } from '../../../src/config/fwmark.js';
import { readAddressPort, readListen } from '../../../src/config/listen.js';
import { editDistance, nearest } from '../../../src/config/nearest.js';
import { translateWord } from '../../../src/config/vocabulary.js';

describe('durations', () => {
  it('have a unit, and no more than milliseconds and ten years', () => {
    assert.equal(parseDuration('1.5s'), 1500);
    assert.equal(parseDuration('14d'), 14 * 86_400_000);
    assert.equal(parseDuration('0s'), 0);
    for (const text of ['5', '5 s', '-1s', '1.0005s', '0.5ms', '4000d', '1h30m', '', 's', '1e3s', '١s']) {
      assert.throws(() => parseDuration(text), RangeError, text);
    }
  });
});

describe('addresses', () => {
  it('are refused where two programs might read them differently', () => {
    for (const text of [
      '010.0.0.1',
      '10.0.0.08',
      '0x0a.0.0.1',
      '10.1',
      '167772161',
      '10.0.0.1.',
      '1.2.3.4/24',
      '',
    ]) {
      assert.equal(readAddress(text).ok, false, text);
    }
    for (const text of ['fe80::1%eth0', '[::1]', '2001:db8::1/64', ':::', '1::2::3', '::1:']) {
      assert.equal(readAddress(text).ok, false, text);
    }
  });

  it('have one form', () => {
    const forms: [string, string][] = [
      ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['0:0:0:0:0:0:0:0', '::'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['::FFFF:192.0.2.1', '::ffff:192.0.2.1'],
      ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ];
    for (const [text, canonical] of forms) {
      assert.deepEqual(readAddress(text), { ok: true, value: { family: 6, address: canonical } });
    }
  });
});

describe('listens and endpoints', () => {
  it('refuse what is not whole', () => {
    for (const text of [
      ':80',
      '192.0.2.1:',
      '192.0.2.1:0',
      '[::1]',
      '[::1',
      '[::1]80',
      '::1:80',
      '1.2.3.4:1-2-3',
      '1.2.3.4:1-',
      '1.2.3.4:80/',
      'sixteen-letters-:80',
    ]) {
      assert.equal(readListen(text).ok, false, text);
    }
    for (const text of ['eth0:80', '192.0.2.1:80-81', '192.0.2.1:80/tcp', 'host.example:80']) {
      assert.equal(readAddressPort(text).ok, false, text);
    }
  });
});

describe('marks', () => {
  it('fit 32 bits and their mask', () => {
    assert.deepEqual(readFwmark(7), { ok: true, value: { mark: 7, mask: 0xffffffff } });
    for (const text of ['0', '0x100000000', '4294967296', '7/', '/7', '1/2/3', '3/1', 'seven', '-1', 1.5]) {
      assert.equal(readFwmark(text).ok, false, String(text));
    }
  });
});

describe('names', () => {
  it('hold nothing that a rule or a shell could mistake', () => {
    for (const text of ['a b', 'a;b', 'a/b', '$a', 'ä', '', 'x'.repeat(65), 'a\n', '__proto__']) {
      assert.equal(readName(text).ok, false, text);
    }
    assert.ok(readName('shop-1.eu_west').ok);
  });
});

describe('words', () => {
  it('that are near are found, others are not', () => {
    assert.equal(nearest('intervall', ['interval', 'timeout']), 'interval');
    assert.equal(nearest('tiemout', ['interval', 'timeout']), 'timeout');
    assert.equal(nearest('minUp', ['min_up', 'min']), 'min_up');
    assert.equal(nearest('colour', ['interval', 'timeout']), undefined);
    assert.equal(editDistance('ab', 'ba'), 1);
    assert.equal(editDistance('', 'abc'), 3);
  });

  it('of the peers are translated', () => {
    const words = `delay_loop inter fastinter downinter real_server virtual_server sorry_server lb_algo lvs_sched
      lb_kind quorum persistence_timeout persistence_granularity inhibit_on_failure quiescent checktype checkinterval
      negotiatetimeout failurecount fallbackcommand table redirect forward server balance option httpchk slowstart
      maxconn connect_timeout misc_path HTTP_GET`;
    for (const word of words.split(/\s+/)) assert.match(translateWord(word) ?? '', /`.*here/, word);
    assert.equal(translateWord('interval'), undefined);
    assert.equal(translateWord('constructor'), undefined);
  });
});
