// SPDX-License-Identifier: MIT
import { type Parsed, bad, good } from './parsed.js';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;
/** Ten years; longer is a slip of the pen. */
const LONGEST_MS = 3650 * 86_400_000;

/** Reads `200ms`, `2s`, `1.5s`, `5m`, `1h`, `14d`. */
export function readDuration(text: string): Parsed<number> {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text);
  if (match === null) {
    return bad(`"${text}" is not a duration: write a number and a unit, such as 200ms, 2s, 5m, 1h or 14d`);
  }
  const unitMs = UNITS.find(([unit]) => unit === match[2])?.[1] ?? 1;
  const ms = Number(match[1]) * unitMs;
  const whole = Math.round(ms);
  if (Math.abs(ms - whole) > 1e-6) return bad(`"${text}" is finer than a millisecond`);
  if (whole > LONGEST_MS) return bad(`"${text}" is longer than ten years`);
  return good(whole);
}

/**
 * The milliseconds of a duration such as `200ms`, `2s`, `5m`, `1h` or `14d`. For plugins, whose options of
 * format `duration` arrive as checked text. Throws a RangeError on anything else.
 */
export function parseDuration(text: string): number {
  const parsed = readDuration(text);
  if (!parsed.ok) throw new RangeError(parsed.reason);
  return parsed.value;
}

/** The shortest text that {@link parseDuration} reads back to the same milliseconds. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const [unit, unitMs] = UNITS.find(([, size]) => ms % size === 0) ?? ['ms', 1];
  return `${ms / unitMs}${unit}`;
}
