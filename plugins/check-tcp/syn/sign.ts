// SPDX-License-Identifier: MIT
import type { CheckOutcome, FailKind, Family } from 'sluice';
import { fail, formatMs, pass } from '../../outcome.js';

/** What came back for a SYN: an answer of the member's, or an ICMP error of somebody's. */
export type Sign = 'syn-ack' | 'reset' | Unreachable;
type Unreachable = 'no-network' | 'no-host' | 'no-port' | 'prohibited';

/** linux/icmp.h and linux/icmpv6.h: codes of "destination unreachable"; all others mean the host. */
const CODES: Readonly<Record<Family, Readonly<Record<number, Unreachable>>>> = {
  4: {
    0: 'no-network',
    3: 'no-port',
    6: 'no-network',
    9: 'prohibited',
    10: 'prohibited',
    11: 'no-network',
    13: 'prohibited',
    14: 'prohibited',
    15: 'prohibited',
  },
  6: { 0: 'no-network', 1: 'prohibited', 4: 'no-port', 5: 'prohibited', 6: 'prohibited' },
};
/** "Fragmentation needed" says nothing of the destination. */
const ICMP_FRAG_NEEDED = 4;

export function unreachableSign(family: Family, code: number): Sign | null {
  if (family === 4 && code === ICMP_FRAG_NEEDED) return null;
  return CODES[family][code] ?? 'no-host';
}

const FAILURES: Readonly<Record<Exclude<Sign, 'syn-ack'>, readonly [FailKind, string]>> = {
  reset: ['refused', 'connection refused'],
  'no-port': ['refused', 'connection refused (port unreachable)'],
  'no-network': ['unreachable', 'network unreachable'],
  'no-host': ['unreachable', 'host unreachable'],
  prohibited: ['unreachable', 'host unreachable: a firewall on the way refuses'],
};

/** Made once for each text, which are few: a steady site allocates nothing. */
const failures = new Map(
  Object.entries(FAILURES).map(([sign, failure]) => [sign, Object.freeze(fail(...failure))]),
);
const passes: CheckOutcome[] = [];

export function outcomeOfSign(sign: Sign, tookMs: number): CheckOutcome {
  return failures.get(sign) ?? answeredIn(tookMs);
}

function answeredIn(ms: number): CheckOutcome {
  // As formatMs rounds: tenths below 10 ms, whole ones up to a second.
  const index = ms < 10 ? Math.round(ms * 10) : 100 + Math.round(ms);
  if (ms >= 1_000) return pass(`answered SYN in ${formatMs(ms)}`);
  return (passes[index] ??= Object.freeze(pass(`answered SYN in ${formatMs(ms)}`)));
}
