// SPDX-License-Identifier: MIT
import type { CheckTarget, Clock } from 'sluice';
import { patienceMs } from '../deadline.js';

const SHARE = 0.75;

/** When a probe that is due now is no longer begun: the short rest of its time would be held against the member. */
export function latestStartMs(target: CheckTarget, clock: Clock): number {
  return clock.monotonicMs() + patienceMs(target) * SHARE;
}
