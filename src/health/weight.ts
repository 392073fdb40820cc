// SPDX-License-Identifier: MIT
import type { Admin } from '../model.js';

export const WEIGHT_MAX = 256;

/** What the last pass of one check said of the endpoint's share; checks that say nothing report nothing. */
export interface WeightReport {
  readonly weight?: number;
  /** `percent` (the default) of the configured weight, or `absolute`. */
  readonly weightIs?: 'percent' | 'absolute';
  readonly admin?: 'drain' | 'maint';
}

/**
 * The weight to use now: the smallest of what the checks report, or the configured one. A percentage may give a
 * fraction (75 % of 1), which engines that deal in slots can use. Never above 256, never below 0.
 */
export function effectiveWeight(configured: number, reports: readonly WeightReport[]): number {
  const wanted = reports.flatMap(({ weight, weightIs }) => {
    // What a plugin reports may be nonsense; nonsense must not zero a member.
    if (weight === undefined || !Number.isFinite(weight)) return [];
    return [weightIs === 'absolute' ? weight : (configured * weight) / 100];
  });
  const smallest = wanted.length === 0 ? configured : Math.min(...wanted);
  // A configured weight of 0 is the operator's word: no check raises it.
  return configured === 0 ? 0 : Math.min(Math.max(smallest, 0), WEIGHT_MAX);
}

const STRICTNESS: Readonly<Record<Admin, number>> = { enabled: 0, drain: 1, disabled: 2 };

/** The strictest of what the operator wants and what agents on the member ask for (`maint` is `disabled`). */
export function effectiveAdmin(wanted: Admin, reports: readonly WeightReport[]): Admin {
  return reports
    .map(({ admin }): Admin => (admin === 'maint' ? 'disabled' : (admin ?? 'enabled')))
    .reduce((strictest, admin) => (STRICTNESS[admin] > STRICTNESS[strictest] ? admin : strictest), wanted);
}
