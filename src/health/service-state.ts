// SPDX-License-Identifier: MIT
import type { Admin, Service, Threshold } from '../model.js';
import type { HealthState } from './machine.js';

export type ServiceState = 'up' | 'degraded' | 'down';

/** One endpoint as far as the state of its service goes. */
export interface ServiceMember {
  readonly state: HealthState;
  readonly admin: Admin;
  /** Effective weight. */
  readonly weight: number;
  /** Serves although unknown, because the kernel already held it. */
  readonly held?: boolean;
}

/**
 * The state of a service from its endpoints. Members that an operator took out, or of weight 0, count for
 * nothing. `previous` makes the hysteresis: a service that is down stays down until `minUp.up` members serve,
 * one that is not stays so until fewer than `minUp.down` do. One that has never run counts as down before.
 */
export function serviceState(
  minUp: Service['minUp'],
  members: readonly ServiceMember[],
  previous: ServiceState,
): ServiceState {
  const able = members.filter((member) => member.admin === 'enabled' && member.weight > 0);
  const serving = able.filter(({ state, held }) => state === 'up' || (state === 'unknown' && held === true));
  const toStay = membersNeeded(minUp.down, able.length);
  const needed = previous === 'down' ? Math.max(toStay, membersNeeded(minUp.up, able.length)) : toStay;
  if (serving.length < needed) return 'down';
  return serving.length < able.length ? 'degraded' : 'up';
}

/** Rounded up, and at least one: a service that nobody serves is down. */
function membersNeeded(threshold: Threshold, able: number): number {
  const wanted = 'count' in threshold ? threshold.count : Math.ceil((threshold.percent * able) / 100);
  return Math.max(wanted, 1);
}
