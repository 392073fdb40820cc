// SPDX-License-Identifier: MIT
/**
 * The health of one check of one endpoint, as a pure function of its results. Failures and passes are counted
 * consecutively, never over a lifetime; the first result decides at once; a local fault changes nothing.
 */
export type HealthState = 'unknown' | 'up' | 'down';

export interface HealthPolicy {
  /** Consecutive passes that bring a down endpoint up, at least 1. */
  readonly rise: number;
  /** Consecutive failures that take an up endpoint down, at least 1. */
  readonly fall: number;
  readonly intervalMs: number;
  /** Between probes while a change is pending. */
  readonly fastIntervalMs: number;
  /** Between probes while down. */
  readonly downIntervalMs: number;
}

export interface Health {
  readonly state: HealthState;
  /** Wall clock in milliseconds when the state began; null while unknown. */
  readonly since: number | null;
  /** Consecutive results against the state; 0 when nothing is pending. */
  readonly streak: number;
  /** What the last result that agrees with the state said. */
  readonly reason: string;
  /** Taken over from an earlier run or configuration; no result of this one has counted yet. */
  readonly restored: boolean;
}

export type HealthEvent =
  | {
      readonly kind: 'verdict';
      readonly verdict: 'pass' | 'fail' | 'inconclusive';
      readonly reason: string;
      /** Wall clock in milliseconds. */
      readonly at: number;
    }
  /**
   * A probe that a passive sign asked for has failed: two witnesses, so down regardless of `fall`. Or the operator
   * lets the sign alone decide.
   */
  | { readonly kind: 'verified-failure'; readonly reason: string; readonly at: number };

export interface StateChange {
  readonly from: HealthState;
  readonly to: HealthState;
  readonly reason: string;
  readonly at: number;
}

export interface HealthStep {
  readonly next: Health;
  /** Present exactly when the state changed. */
  readonly change?: StateChange;
  /** From the start of this probe to the start of the next one. */
  readonly wakeAfterMs: number;
}

/** What outlives a restart or a reload. Without `streak`, a pending change starts to count anew. */
export type SavedHealth = Pick<Health, 'state' | 'since' | 'reason'> & { readonly streak?: number };

export function initialHealth(): Health {
  return { state: 'unknown', since: null, streak: 0, reason: 'not checked yet', restored: false };
}

/**
 * Goes on from a saved state under a policy that may have changed: the streak is clamped below the threshold,
 * so that nothing changes without a result, and a restored up endpoint still takes `fall` failures in a row.
 */
export function restoreHealth(saved: SavedHealth, policy: HealthPolicy): Health {
  if (saved.state === 'unknown') return initialHealth();
  const most = threshold(policy, saved.state) - 1;
  const streak = Math.min(Math.max(Math.trunc(saved.streak ?? 0), 0), most);
  return { state: saved.state, since: saved.since, streak, reason: saved.reason, restored: true };
}

export function stepHealth(policy: HealthPolicy, health: Health, event: HealthEvent): HealthStep {
  const { next, change } = judge(policy, health, event);
  const wakeAfterMs = probeIntervalMs(policy, next);
  return change === undefined ? { next, wakeAfterMs } : { next, change, wakeAfterMs };
}

/** From one probe's start to the next one's, in this health. */
export function probeIntervalMs(policy: HealthPolicy, health: Health): number {
  if (health.streak > 0) return policy.fastIntervalMs;
  return health.state === 'down' ? policy.downIntervalMs : policy.intervalMs;
}

function judge(policy: HealthPolicy, health: Health, event: HealthEvent): Omit<HealthStep, 'wakeAfterMs'> {
  const { reason, at } = event;
  const { state, since } = health;
  if (event.kind === 'verdict' && event.verdict === 'inconclusive') {
    // While unknown there is no better reason to show than why we still do not know.
    return { next: state === 'unknown' ? { ...health, reason } : health };
  }
  const says: HealthState = event.kind === 'verdict' && event.verdict === 'pass' ? 'up' : 'down';
  // Written out and not spread: this is the way of nearly every result, thousands of times a second.
  if (says === state) return { next: { state, since, streak: 0, reason, restored: false } };
  const streak = health.streak + 1;
  const decided =
    state === 'unknown' || event.kind === 'verified-failure' || streak >= threshold(policy, state);
  if (!decided) return { next: { state, since, streak, reason: health.reason, restored: false } };
  return {
    next: { state: says, since: at, streak: 0, reason, restored: false },
    change: { from: state, to: says, reason, at },
  };
}

/** Consecutive results against a state that end it. */
function threshold(policy: HealthPolicy, state: 'up' | 'down'): number {
  return state === 'up' ? policy.fall : policy.rise;
}
