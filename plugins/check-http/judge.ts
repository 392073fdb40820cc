// SPDX-License-Identifier: MIT
import type { CheckOutcome } from 'sluice';
import { quoteBytes } from '../dialogue/bytes.js';
import { type Pattern, holds } from '../dialogue/pattern.js';
import { fail, pass } from '../outcome.js';
import type { Answer } from './answer.js';
import type { StatusRange } from './status-ranges.js';

export interface WantedAnswer {
  readonly ranges: readonly StatusRange[];
  /** The ranges as written. */
  readonly statusText: string;
  readonly body: Pattern | null;
}

/** Whether the answer is as wanted; `took` is the time to it, in words. */
export function judge(
  { status, body }: Answer,
  wanted: WantedAnswer,
  took: string,
  dialogue: object | undefined,
): CheckOutcome {
  const details = { status, ...dialogue };
  if (!wanted.ranges.some(({ first, last }) => status >= first && status <= last)) {
    return fail('mismatch', `http ${status}, wanted ${wanted.statusText}`, details);
  }
  if (wanted.body !== null && !holds(wanted.body, body)) {
    const got = body.length === 0 ? 'nothing' : quoteBytes(body);
    return fail(
      'mismatch',
      `http ${status}, but the body: expected "${wanted.body.text}", got ${got}`,
      details,
    );
  }
  return pass(`http ${status} in ${took}`, { details });
}
