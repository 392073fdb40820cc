// SPDX-License-Identifier: MIT
import type { OptionProblem } from 'sluice';

export interface StatusRange {
  readonly first: number;
  readonly last: number;
}

/** Reads `204`, `"204"` or `"200-299"`; null: not a range of statuses. */
export function readStatusRange(text: string | number): StatusRange | null {
  const match = /^(\d{3})(?:-(\d{3}))?$/.exec(String(text));
  if (match === null) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first < 100 || last > 599 || first > last ? null : { first, last };
}

export function statusProblems(status: readonly (string | number)[]): OptionProblem[] {
  return status.flatMap((text, index) =>
    readStatusRange(text) === null
      ? [
          {
            path: ['status', index],
            message: `"${text}" is no status or range of them, such as 204 or 200-299`,
          },
        ]
      : [],
  );
}

/** Ranges that {@link statusProblems} has passed. */
export function readStatusRanges(status: readonly (string | number)[]): StatusRange[] {
  return status.map(readStatusRange).filter((range) => range !== null);
}
