// SPDX-License-Identifier: MIT
import { type Parsed, bad, good } from './parsed.js';

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

/** Ten years; longer is a slip of the pen. */
const LONGEST_MS = 3650 * UNIT_MS.d;

/** Reads `200ms`, `2s`, `1.5s`, `5m`, `1h`, `14d`. */
export function readDuration(text: string): Parsed<number> {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text);
  if (match === null) {
    return bad(`"${text}" is not a duration: write a number and a unit, such as 200ms, 2s, 5m, 1h or 14d`);
  }
  const ms = Number(match[1]) * UNIT_MS[match[2] as Unit];
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
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms !== 0 && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  }
  return ms === 0 ? '0s' : `${ms}ms`;
}
