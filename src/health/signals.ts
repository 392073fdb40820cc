// SPDX-License-Identifier: MIT
/**
 * When passive signs against an endpoint are worth acting on, as a pure function of what was seen: so many within
 * so long, and then quiet for a while, lest a flood of signs becomes a flood of probes.
 */
export interface SignalPolicy {
  /** Signs within `withinMs` that call for action, at least 1. */
  readonly count: number;
  readonly withinMs: number;
  /** After an action, signs count for nothing for this long… */
  readonly quietMs: number;
  /** …and, while probes go on contradicting them, for up to this long. */
  readonly mostQuietMs: number;
}

export interface SignalTally {
  /** Signs that still count, oldest first. */
  readonly recent: readonly { readonly at: number; readonly count: number }[];
  /** On the monotonic clock. */
  readonly quietUntil: number;
  /** Actions in a row after which a probe found nothing wrong. */
  readonly contradicted: number;
}

export function initialTally(): SignalTally {
  return { recent: [], quietUntil: Number.NEGATIVE_INFINITY, contradicted: 0 };
}

/** `at` is on the monotonic clock; `fires` says that it is time to act. */
export function tallySignals(
  policy: SignalPolicy,
  tally: SignalTally,
  count: number,
  at: number,
): { readonly next: SignalTally; readonly fires: boolean } {
  if (at < tally.quietUntil) return { next: tally, fires: false };
  // Long calm clears the name of whoever gave false signs.
  const isCalm = at - tally.quietUntil > policy.mostQuietMs;
  const contradicted = isCalm ? 0 : tally.contradicted;
  const recent = [...tally.recent.filter((sign) => at - sign.at < policy.withinMs), { at, count }];
  const seen = recent.reduce((sum, sign) => sum + sign.count, 0);
  if (seen < policy.count) return { next: { ...tally, recent, contradicted }, fires: false };
  const quietMs = Math.min(policy.quietMs * 2 ** contradicted, policy.mostQuietMs);
  return { next: { recent: [], quietUntil: at + quietMs, contradicted }, fires: true };
}

/** A probe that a sign asked for has passed: the next signs weigh less. */
export function contradictSignals(tally: SignalTally): SignalTally {
  return { ...tally, contradicted: tally.contradicted + 1 };
}
