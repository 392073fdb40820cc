// SPDX-License-Identifier: MIT
import type { Health } from './machine.js';

export type CombinedHealth = Pick<Health, 'state' | 'since' | 'reason'>;

/**
 * The health of an endpoint from that of its checks, all of which must pass. Down since the first of the checks
 * that fail now failed, and for its reason; up since the last of them came up; unknown until all have spoken,
 * unless one has failed already.
 */
export function combineHealth(parts: readonly Health[]): CombinedHealth {
  if (parts.length === 0) return { state: 'up', since: null, reason: 'no check' };
  const down = parts.filter((part) => part.state === 'down');
  if (down.length > 0) {
    const first = down.reduce((best, part) => (startOf(part) < startOf(best) ? part : best));
    return { state: 'down', since: first.since, reason: first.reason };
  }
  const unknown = parts.find((part) => part.state === 'unknown');
  if (unknown !== undefined) return { state: 'unknown', since: null, reason: unknown.reason };
  const last = parts.reduce((best, part) => (startOf(part) > startOf(best) ? part : best));
  return { state: 'up', since: last.since, reason: parts.map((part) => part.reason).join('; ') };
}

/** A state without a known beginning counts as the oldest. */
function startOf(part: Health): number {
  return part.since ?? Number.NEGATIVE_INFINITY;
}
