// SPDX-License-Identifier: MIT
/** What `npm run bench:checks` measures: for each part its members, its beat, and the programs that take turns. */
import { fixturePath } from '../../test/support/fixture.js';
import type { MemberKind } from '../kit/member-process.js';
import type { Peer } from '../kit/peers.js';
import { type Beat, type Checker, haproxyChecker, keepalivedChecker, sluiceChecker } from './checker.js';

export interface Way {
  readonly start: (beat: Beat) => Promise<Checker>;
  /**
   * What tells the checks really done, apart from the programs' own counts: connections begun by connect(2), resets
   * sent (each half-open check ends by one, whoever began it), or requests answered by the members.
   */
  readonly count: 'connects' | 'resets' | 'requests';
  /** At most this many times the CPU of the first way. */
  readonly goal?: number;
  /** The program that it takes. */
  readonly peer?: Peer;
}

export interface Part extends Beat {
  readonly title: string;
  readonly members: MemberKind;
  /** The first is what the others are held against. */
  readonly ways: Readonly<Record<string, Way>>;
  /** Whether sluice's nftables rules, and the connection tracking that they bring, are there for every way. */
  readonly rules?: boolean;
  /** Seconds that one way needs at least before it is measured, and while it is. */
  readonly warmSeconds?: number;
  readonly windowSeconds?: number;
  readonly rounds?: number;
  /** In user-mode Linux, where there is IPVS. */
  readonly guest?: boolean;
}

const haproxyTcp = {
  start: (beat: Beat) => haproxyChecker(beat),
  count: 'connects',
  peer: 'haproxy',
} as const;

const tcpWays = {
  'HAProxy check': haproxyTcp,
  'sluice tcp': { start: (beat: Beat) => sluiceChecker(beat, { type: 'tcp' }), count: 'connects', goal: 1 },
  'sluice tcp, probe: syn': {
    start: (beat: Beat) => sluiceChecker(beat, { type: 'tcp', probe: 'syn' }),
    count: 'resets',
    goal: 0.6,
  },
} as const;

const trackedWays = {
  'HAProxy check': haproxyTcp,
  'sluice tcp': {
    start: (beat: Beat) => sluiceChecker(beat, { type: 'tcp' }, 'nftables'),
    count: 'connects',
  },
  'sluice tcp, probe: syn': {
    start: (beat: Beat) => sluiceChecker(beat, { type: 'tcp', probe: 'syn' }, 'nftables'),
    count: 'resets',
  },
} as const;

const guestWays = {
  'keepalived TCP_CHECK': {
    start: (beat: Beat) => keepalivedChecker(beat),
    count: 'connects',
    peer: 'keepalived',
  },
  'HAProxy check': haproxyTcp,
  'sluice tcp': { start: (beat: Beat) => sluiceChecker(beat, { type: 'tcp' }), count: 'connects' },
} as const;

const httpWays = {
  'HAProxy httpchk': {
    start: (beat: Beat) =>
      haproxyChecker(beat, {
        lines: ['option httpchk', 'http-check send meth GET uri / ver HTTP/1.1 hdr host bench'],
      }),
    count: 'requests',
    peer: 'haproxy',
  },
  'sluice http': {
    start: (beat: Beat) => sluiceChecker(beat, { type: 'http', host: 'bench' }),
    count: 'requests',
    goal: 1.25,
  },
  'sluice http, reuse': {
    start: (beat: Beat) => sluiceChecker(beat, { type: 'http', host: 'bench', reuse: true }),
    count: 'requests',
    goal: 0.8,
  },
} as const;

const ca = fixturePath('tls/ca.pem');
const tlsWays = {
  'HAProxy check-ssl': {
    start: (beat: Beat) =>
      haproxyChecker(beat, {
        server: `check-ssl check-sni shop.example verify required verifyhost shop.example ca-file ${ca} no-ssl-reuse`,
      }),
    count: 'connects',
    peer: 'haproxy',
  },
  'sluice tls': {
    start: (beat: Beat) => sluiceChecker(beat, { type: 'tls', server_name: 'shop.example', ca }),
    count: 'connects',
  },
} as const;

export const parts: Readonly<Record<string, Part>> = {
  tcp: { title: 'TCP', members: 'tcp', services: 250, intervalMs: 100, ways: tcpWays },
  slow: {
    title: 'TCP, once a second',
    members: 'tcp',
    services: 250,
    intervalMs: 1000,
    ways: tcpWays,
    // The compiler needs as many checks as elsewhere, and gets fewer.
    warmSeconds: 20,
  },
  tracked: {
    title: 'TCP with nftables rules in force',
    members: 'tcp',
    services: 250,
    intervalMs: 100,
    ways: trackedWays,
    rules: true,
  },
  http: { title: 'HTTP', members: 'http', services: 250, intervalMs: 200, ways: httpWays },
  tls: { title: 'TLS handshakes', members: 'tls', services: 50, intervalMs: 1000, ways: tlsWays },
  many: {
    title: 'TCP, many members',
    members: 'tcp',
    services: 2500,
    intervalMs: 1000,
    ways: tcpWays,
    // The daemon's own figures of lateness are those of the last one to two minutes: the start must be over.
    warmSeconds: 62,
    windowSeconds: 62,
    rounds: 1,
  },
  keepalived: {
    title: 'TCP beside keepalived, in user-mode Linux',
    members: 'tcp',
    // As much as the slow guest, with one processor for members and checkers, can do.
    services: 100,
    intervalMs: 1000,
    ways: guestWays,
    warmSeconds: 10,
    windowSeconds: 15,
    guest: true,
  },
};
