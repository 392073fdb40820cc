// SPDX-License-Identifier: MIT
import type { CheckOutcome } from 'sluice';
import { quoteBytes } from '../dialogue/bytes.js';
import { type Pattern, holds } from '../dialogue/pattern.js';
import { RegexTimeout } from '../dialogue/regex.js';
import { fail, formatMs, inconclusive, pass } from '../outcome.js';
import type { Answer } from './answer.js';
import type { StatusRange } from './status-ranges.js';

export interface WantedAnswer {
  readonly ranges: readonly StatusRange[];
  /** The ranges as written. */
  readonly statusText: string;
  readonly body: Pattern | null;
}

/** More outcomes than a check has words for in a quiet hour; then the memory is cleared. */
const MOST_REMEMBERED = 2_000;
/** A key of the memory is a status and, in this many bits, the time in tenths of a millisecond; or no time. */
const TIME_BITS = 21;
const NO_TIME = 2 ** TIME_BITS - 1;

/** Says whether answers are as wanted. Outcomes of the same words are one frozen object: most are. */
export class Judge {
  readonly #wanted: WantedAnswer;
  readonly #remembered = new Map<number, CheckOutcome>();

  constructor(wanted: WantedAnswer) {
    this.#wanted = wanted;
  }

  /** The outcome of an answer that took `tookMs` to come; `dialogue` is put into its details. */
  judge(answer: Answer, tookMs: number, dialogue?: object): CheckOutcome {
    const { status } = answer;
    const isWanted = this.#wanted.ranges.some(({ first, last }) => status >= first && status <= last);
    if (isWanted && this.#wanted.body !== null) {
      const missing = this.#missingIn(answer, this.#wanted.body, dialogue);
      if (missing !== null) return missing;
    }
    const tenths = isWanted ? tenthsOf(tookMs) : NO_TIME;
    if (dialogue !== undefined) return this.#ofStatus(status, tenths, dialogue);
    const key = (status << TIME_BITS) | tenths;
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    const outcome = Object.freeze(this.#ofStatus(status, tenths, undefined));
    Object.freeze(outcome.details);
    if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(key, outcome);
    return outcome;
  }

  #ofStatus(status: number, tenths: number, dialogue: object | undefined): CheckOutcome {
    const details = { status, ...dialogue };
    return tenths === NO_TIME
      ? fail('mismatch', `http ${status}, wanted ${this.#wanted.statusText}`, details)
      : pass(`http ${status} in ${formatMs(tenths / 10)}`, { details });
  }

  #missingIn({ status, body }: Answer, wanted: Pattern, dialogue: object | undefined): CheckOutcome | null {
    try {
      if (holds(wanted, body)) return null;
    } catch (error) {
      if (error instanceof RegexTimeout) return inconclusive(error.message, dialogue && { ...dialogue });
      throw error;
    }
    const got = body.length === 0 ? 'nothing' : quoteBytes(body);
    return fail('mismatch', `http ${status}, but the body: expected "${wanted.text}", got ${got}`, {
      status,
      ...dialogue,
    });
  }
}

/** As precise as it is shown, so that equal words have equal numbers. */
function tenthsOf(ms: number): number {
  if (ms < 10) return Math.round(ms * 10);
  return ms < 1000 ? Math.round(ms) * 10 : Math.min(Math.round(ms / 100) * 1000, NO_TIME - 1);
}
