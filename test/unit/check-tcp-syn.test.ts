// SPDX-License-Identifier: MIT
/** The parts of `probe: syn` that need no right: bytes, and when what is sent, heard and called off. */
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, test } from 'node:test';
import tcp from '../../plugins/check-tcp/index.js';
import type { Hear } from '../../plugins/check-tcp/syn/ear.js';
import { operatorError } from '../../plugins/check-tcp/syn/faults.js';
import { type Flight, FlightTable } from '../../plugins/check-tcp/syn/flight.js';
import { Peer } from '../../plugins/check-tcp/syn/peer.js';
import {
  LAST_COOKIE,
  SYN_BYTES,
  beginSyn,
  checksum,
  checksumBase,
  finishSyn,
} from '../../plugins/check-tcp/syn/segment.js';
import { type Sign, unreachableSign } from '../../plugins/check-tcp/syn/sign.js';
import { type Air, SynProber } from '../../plugins/check-tcp/syn/syn-prober.js';
import { Volley } from '../../plugins/check-tcp/syn/volley.js';
import type { Sending } from '../../plugins/check-tcp/syn/voices.js';
import { SluiceError } from '../../src/errors.js';
import { SystemError, addressBytes } from '../../src/kernel/index.js';
import type { CheckTarget } from '../../src/plugin/api.js';
import { FakeClock } from '../../src/testing.js';
import { tcpOptions } from '../support/check-options.js';
import { said, targetAt } from '../support/probe.js';

describe('the bytes of a SYN', () => {
  const address = (text: string): Buffer => Buffer.from(addressBytes(text));
  const [source, destination] = [address('10.0.0.1'), address('10.0.0.2')];

  test('are those of RFC 9293', () => {
    const bytes = Buffer.alloc(2 + SYN_BYTES, 0xee);
    beginSyn(bytes, 2, 40_000, 0xabcd);
    const sum = checksum(checksumBase(source, destination.readUInt32BE(), 40_000, 443, 0xabcd), 0x1234);
    finishSyn(bytes, 2, 443, 0x1234, sum);
    // Ports, sequence number, nothing acknowledged, 6 words, SYN, window, checksum, no urgent data, MSS 1460.
    assert.equal(bytes.toString('hex'), `eeee9c4001bbabcd1234000000006002faf0${hex(sum)}0000020405b4`);
  });

  test('sum up, with the pseudo header of RFC 9293, to all ones', () => {
    for (const cookie of [0, 1, 0x7fff, 0xff00, LAST_COOKIE]) {
      for (const port of [1, 80, 65_535]) {
        const bytes = Buffer.alloc(12 + SYN_BYTES);
        bytes.set([...source, ...destination, 0, 6, 0, SYN_BYTES]);
        beginSyn(bytes, 12, 65_000, 0xfffe);
        finishSyn(
          bytes,
          12,
          port,
          cookie,
          checksum(checksumBase(source, destination.readUInt32BE(), 65_000, port, 0xfffe), cookie),
        );
        let sum = 0;
        for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
        assert.equal(sum, 0xffff, `cookie ${cookie}, port ${port}`);
      }
    }
  });
});

function hex(half: number): string {
  return half.toString(16).padStart(4, '0');
}

test('cookies are never shared, never the one that would spoil the tag, and all used before there is none', () => {
  const table = new FlightTable();
  const peer = new Peer(target(80));
  const volley = new Volley(target(80), 0);
  const seen = new Set<number>();
  const flights: Flight[] = [];
  for (let cookie = table.draw(); cookie !== null; cookie = table.draw()) {
    assert.ok(cookie <= LAST_COOKIE);
    seen.add(cookie);
    const asker = { report: () => {}, fail: () => {} };
    const flight = { asker, target: target(80), peer, volley, cookie, startMs: 0, sent: true, landed: false };
    table.add(flight);
    flights.push(flight);
  }
  assert.equal(seen.size, LAST_COOKIE + 1);
  assert.equal(table.get(flights[7]!.cookie), flights[7]);
  table.remove(flights[7]!);
  table.remove(flights[7]!);
  assert.equal(table.size, LAST_COOKIE);
  assert.equal(table.draw(), flights[7]!.cookie);
});

test('an ICMP error is read by its code', () => {
  const signs = (family: 4 | 6, ...codes: number[]): (Sign | null)[] =>
    codes.map((code) => unreachableSign(family, code));
  assert.deepEqual(signs(4, 0, 1, 3, 4, 13), ['no-network', 'no-host', 'no-port', null, 'prohibited']);
  assert.deepEqual(signs(6, 0, 1, 3, 4), ['no-network', 'prohibited', 'no-host', 'no-port']);
});

test('what is missing here is told with what to do about it', () => {
  const told = (syscall: string, errno: number): string => {
    const error = operatorError(new SystemError(syscall, errno));
    assert.ok(error instanceof SluiceError);
    return `${error.code}: ${error.message}`;
  };
  const { EPERM, EOPNOTSUPP, EPROTONOSUPPORT, EMFILE } = constants.errno;
  assert.match(told('socket', EPERM), /^SLUICE_PRIVILEGE: .*CAP_NET_RAW for raw sockets: run sluice as root/);
  assert.match(told('nf_tables batch', EPERM), /^SLUICE_PRIVILEGE: .*needs the right CAP_NET_ADMIN to keep/);
  for (const [syscall, errno] of [
    ['nf_tables batch', EOPNOTSUPP],
    ['socket', EPROTONOSUPPORT],
  ] as const) {
    assert.match(told(syscall, errno), /^SLUICE_UNAVAILABLE: .*nf_tables of Linux 5.12 or later/);
  }
  assert.match(told('socket', EMFILE), /^SLUICE_KERNEL: `probe: syn` does not work here: socket: EMFILE/);
  const own = new SluiceError('SLUICE_UNAVAILABLE', 'no koffi');
  assert.equal(operatorError(own), own);
});

function target(port: number, own: Partial<CheckTarget> = {}): CheckTarget {
  return { ...targetAt({ address: '10.0.0.2', port }), timeoutMs: 900, ...own };
}

/** The prober on a clock and an air of the test's own: what is on the air, when, and what comes back. */
function setUp() {
  const clock = new FakeClock();
  const sent: { flight: Flight; atMs: number }[] = [];
  const looksMs: number[] = [];
  const waiting: Parameters<Hear>[] = [];
  let trouble: ((flight: Flight, sending: Sending) => boolean) | null = null;
  let broken: Error | null = null;
  const air: Air = {
    send(flights, nowMs, sending) {
      for (const flight of flights) {
        if (trouble?.(flight, sending) === true) continue;
        flight.sent = true;
        sent.push({ flight, atMs: nowMs });
      }
      sending.batchSent();
    },
    drainAnswers(hear) {
      if (broken !== null) throw broken;
      for (const answer of waiting.splice(0)) hear(...answer);
    },
    drainErrors() {
      looksMs.push(clock.monotonicMs());
    },
  };
  const prober = new SynProber(clock, air);
  const reports: string[] = [];
  const failures: unknown[] = [];
  const asker = {
    report: (at: CheckTarget, outcome: Parameters<typeof said>[0]) => {
      reports.push(`${at.port} ${said(outcome)}`);
    },
    fail: (error: unknown) => failures.push(error),
  };
  /** Puts an answer on the air, by default the right one. */
  const answer = (
    flight: Flight,
    own: { sign?: Sign; cookie?: number; port?: number; address?: string } = {},
  ): void => {
    const { sign = 'syn-ack', cookie = flight.cookie, port = flight.target.port } = own;
    const bytes = Buffer.from([0xff, ...addressBytes(own.address ?? flight.target.address)]);
    waiting.push([sign, cookie, port, bytes, 1]);
  };
  return {
    clock,
    sent,
    looksMs,
    prober,
    asker,
    reports,
    failures,
    answer,
    onSend: (refuse: typeof trouble) => (trouble = refuse),
    breakDown: (error: Error) => (broken = error),
  };
}

describe('a SYN probe', () => {
  test('is looked for at once, then less and less often, and not at all when nothing is out', async () => {
    const { clock, sent, looksMs, prober, asker, reports, answer } = setUp();
    prober.send(asker, [target(80)]);
    await clock.advance(500);
    // An eighth of the age, from 1 ms to 20; and at a third of the time-out, when it is sent once more.
    assert.deepEqual(looksMs.slice(0, 9), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.ok(looksMs.length < 120, `${looksMs.length} looks`);
    assert.ok(looksMs.every((atMs, index) => index === 0 || atMs - looksMs[index - 1]! <= 20));
    assert.deepEqual(
      sent.map(({ atMs }) => atMs),
      [0, 300],
    );
    assert.equal(sent[0]!.flight, sent[1]!.flight, 'the same SYN, so that either answer does');
    answer(sent[0]!.flight);
    await clock.advance(20);
    assert.equal(reports.length, 1);
    assert.match(reports[0]!, /^80 pass: answered SYN in 5\d\d ms$/);
    assert.equal(clock.pending, 0);
  });

  test('that stays out has nobody look more often because others are answered', async () => {
    const { clock, sent, looksMs, prober, asker, reports, answer, onSend } = setUp();
    prober.send(asker, [target(80)]);
    await clock.advance(200);
    looksMs.length = 0;
    onSend((flight) => {
      answer(flight);
      return false;
    });
    for (let batch = 0; batch < 18; batch += 1) {
      prober.send(asker, [target(81), target(82)]);
      await clock.advance(5);
    }
    assert.equal(reports.length, 36);
    assert.equal(sent.length, 37);
    assert.ok(looksMs.length <= 6, `looked at ${looksMs.join(', ')}`);
  });

  test('is overdue a little before the core would call time, after a last look', async () => {
    const { clock, sent, prober, asker, reports, answer } = setUp();
    prober.send(asker, [target(80), target(81), target(82, { timeoutMs: 100 })]);
    await clock.advance(94);
    assert.equal(reports.length, 0);
    await clock.advance(2);
    assert.deepEqual(reports.splice(0), ['82 timeout: no answer to SYN within 100 ms']);
    // The loop is held up past the end; the answer of one was there in time.
    answer(sent[0]!.flight);
    clock.stall(5_000);
    await clock.advance(0);
    assert.deepEqual(
      reports.map((report) => report.slice(0, 10)),
      ['80 pass: a', '81 timeout'],
    );
    assert.equal(clock.pending, 0);
  });

  test('believes only its own answer, from where it went', async () => {
    const { clock, sent, prober, asker, reports, answer } = setUp();
    prober.send(asker, [target(80), target(81)]);
    const [first, second] = sent.map(({ flight }) => flight);
    const free = [0, 1, 2].find((cookie) => cookie !== first!.cookie && cookie !== second!.cookie)!;
    answer(first!, { cookie: free });
    answer(first!, { cookie: second!.cookie });
    answer(first!, { port: 81 });
    answer(first!, { address: '10.0.0.3' });
    answer(first!, { cookie: -1 });
    await clock.advance(5);
    assert.equal(reports.length, 0);
    answer(first!, { sign: 'reset' });
    answer(first!);
    answer(second!, { sign: 'no-host' });
    await clock.advance(5);
    assert.deepEqual(reports, ['80 refused: connection refused', '81 unreachable: host unreachable']);
    // Both have landed: what comes now is for nobody.
    answer(first!);
    prober.send(asker, [target(82)]);
    assert.equal(reports.length, 2);
  });

  test('that this host cannot send says nothing of the member', async () => {
    const { clock, prober, asker, reports, onSend } = setUp();
    // No room in the socket's buffer, at the second try neither.
    onSend(() => true);
    prober.send(asker, [target(81)]);
    await clock.advance(900);
    assert.match(reports[0]!, /^81 inconclusive: this host is short of socket buffers/);
  });

  test('that the system refuses is reported at once, by its error', () => {
    const { prober, asker, reports, onSend } = setUp();
    const errnos: Readonly<Record<number, number>> = { 80: 101, 81: 1, 82: 19 };
    onSend((flight, { refused }) => {
      refused(flight, new SystemError('sendmmsg', errnos[flight.target.port]!));
      return true;
    });
    prober.send(asker, [target(80), target(81), target(82)]);
    assert.deepEqual(
      reports.map((report) => report.split(' (')[0]),
      [
        '80 unreachable: network unreachable',
        '81 inconclusive: this host does not allow the probe: look at its own firewall rules',
        '82 inconclusive: no such network interface on this host',
      ],
    );
  });

  test('of one who went away is forgotten', async () => {
    const { clock, sent, prober, asker, reports, answer } = setUp();
    const other = { report: () => {}, fail: () => {} };
    prober.send(asker, [target(80)]);
    prober.send(other, [target(81)]);
    prober.forget(asker);
    answer(sent[0]!.flight);
    await clock.advance(50);
    assert.equal(reports.length, 0);
    assert.equal(clock.pending, 1, 'the other one still waits');
    prober.forget(other);
    assert.equal(clock.pending, 0);
  });

  test('fails with the socket, and its asker hears why', async () => {
    const { clock, prober, asker, reports, failures, breakDown } = setUp();
    prober.send(asker, [target(80)]);
    const error = new SystemError('recvmmsg', 100);
    breakDown(error);
    await clock.advance(5);
    assert.deepEqual(failures, [error]);
    assert.equal(reports.length, 0);
    assert.equal(clock.pending, 0);
  });
});

test('a bare SYN cannot be asked for together with what needs a connection', () => {
  const problems = (own: Parameters<typeof tcpOptions>[0]) =>
    tcp
      .validate?.(tcpOptions({ probe: 'syn', ...own }))
      .map(({ path, message }) => `${path.join('.')}: ${message}`);
  assert.deepEqual(problems({}), []);
  assert.deepEqual(problems({ handshake: 'half' }), []);
  const refused = (what: string): string[] => [`probe: a bare SYN leaves no connection for \`${what}\``];
  assert.deepEqual(problems({ handshake: 'full' }), refused('handshake: full'));
  assert.deepEqual(problems({ close: true }), refused('close'));
  assert.deepEqual(problems({ script: [{ expect: 'x' }] }), refused('script'));
  assert.deepEqual(problems({ tls: true }), refused('tls'));
  assert.deepEqual(tcp.validate?.(tcpOptions({ probe: 'connect', close: true })), []);
});
