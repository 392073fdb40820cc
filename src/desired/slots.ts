// SPDX-License-Identifier: MIT
/**
 * Shares of new connections as slots: the engine draws a slot number (in turn, at random, or by hashing the
 * client) and the slot's holder gets the connection. This file says how many slots a service has; `deal.ts`
 * says who holds them.
 */
import { WEIGHT_MAX } from '../health/weight.js';

export { dealSlots, type SlotMember, type Spread } from './deal.js';

/** Counts up to here are chosen so that every set of surviving members divides them exactly. */
const EXACT_MAX = 120;
/** One slot of so many is at most one percentage point. */
const FINE_MIN = 100;
const FINE_MAX = 1024;
const COUNT_MAX = 4096;
/**
 * Sizes that hold for many member sets, each a multiple of the one before: a client's hash modulo the larger
 * size leads to the same slot modulo the smaller, so that growing moves no client.
 */
const FIXED_COUNTS = [120, 840, 2520] as const;
/** In a fixed size the smallest member still gets at least so many slots. */
const FIXED_SLOTS_EACH = 10;

/**
 * How many slots a service needs so that shares are within one percentage point of the weights, whichever of
 * its members are up. `weights` are the configured ones of all its members, up or not, so that a failure never
 * changes the count.
 */
export function slotCount(weights: readonly number[], scheduler: string): number {
  if (scheduler === 'source-hash') return fixedSlotCount(weights);
  const positive = weights.filter((weight) => weight > 0);
  if (positive.length === 0) return 1;
  const divisor = positive.reduce(greatestCommonDivisor);
  const parts = positive.map((weight) => weight / divisor);
  return exactCount(parts) ?? fineCount(parts);
}

/** For schedulers that pin clients to slots, and for weights that change while running. */
export function fixedSlotCount(weights: readonly number[]): number {
  const positive = weights.filter((weight) => weight > 0);
  const wanted = (sum(positive) / Math.min(...positive, WEIGHT_MAX)) * FIXED_SLOTS_EACH;
  return FIXED_COUNTS.find((count) => count >= wanted) ?? FIXED_COUNTS[FIXED_COUNTS.length - 1]!;
}

/** The smallest count that the weight of every set of survivors divides; null when that is too large. */
function exactCount(parts: readonly number[]): number | null {
  const reachable = new Set<number>([0]);
  let count = 1;
  for (const part of parts) {
    const totals = Array.from(reachable, (sum) => sum + part);
    for (const total of totals) {
      if (reachable.has(total)) continue;
      reachable.add(total);
      count = (count / greatestCommonDivisor(count, total)) * total;
      if (count > EXACT_MAX) return null;
    }
  }
  return count;
}

/** Exact while all are up, and fine enough for one percentage point when some are not. */
function fineCount(parts: readonly number[]): number {
  const total = sum(parts);
  const multiple = Math.ceil(FINE_MIN / total) * total;
  if (multiple <= FINE_MAX) return multiple;
  return Math.min(Math.max(Math.ceil(total / Math.min(...parts)), FINE_MAX), COUNT_MAX);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
