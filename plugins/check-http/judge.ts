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

/** More outcomes than checks have words for in a quiet hour; then the memory is cleared. */
const MOST_REMEMBERED = 2_000;
/** A key of the memory is a status and, in this many bits, the time in tenths of a millisecond. */
const TIME_BITS = 21;
/** Of all checks: each by itself would remember the same few. */
const passes = new Map<number, CheckOutcome>();

/** Says whether answers are as wanted. Outcomes of the same words are one frozen object: most are. */
export class Judge {
  readonly #wanted: WantedAnswer;
  readonly #unwanted = new Map<number, CheckOutcome>();

  constructor(wanted: WantedAnswer) {
    this.#wanted = wanted;
  }

  /** The outcome of an answer that took `tookMs` to come; `dialogue` is put into its details. */
  judge(answer: Answer, tookMs: number, dialogue?: object): CheckOutcome {
    const { status } = answer;
    const isWanted = this.#wanted.ranges.some(({ first, last }) => status >= first && status <= last);
    if (!isWanted) {
      if (dialogue !== undefined) return this.#otherThanWanted(status, dialogue);
      return remembered(this.#unwanted, status, () => this.#otherThanWanted(status));
    }
    if (this.#wanted.body !== null) {
      const missing = this.#missingIn(answer, this.#wanted.body, dialogue);
      if (missing !== null) return missing;
    }
    const tenths = tenthsOf(tookMs);
    if (dialogue !== undefined) return passIn(status, tenths, dialogue);
    return remembered(passes, (status << TIME_BITS) | tenths, () => passIn(status, tenths));
  }

  #otherThanWanted(status: number, dialogue?: object): CheckOutcome {
    return fail('mismatch', `http ${status}, wanted ${this.#wanted.statusText}`, { status, ...dialogue });
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

function remembered(memory: Map<number, CheckOutcome>, key: number, make: () => CheckOutcome): CheckOutcome {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const outcome = Object.freeze(make());
  Object.freeze(outcome.details);
  if (memory.size >= MOST_REMEMBERED) memory.clear();
  memory.set(key, outcome);
  return outcome;
}

function passIn(status: number, tenths: number, dialogue?: object): CheckOutcome {
  return pass(`http ${status} in ${formatMs(tenths / 10)}`, { details: { status, ...dialogue } });
}

/** As precise as it is shown, so that equal words have equal numbers. */
function tenthsOf(ms: number): number {
  if (ms < 10) return Math.round(ms * 10);
  return ms < 1000 ? Math.round(ms) * 10 : Math.min(Math.round(ms / 100) * 1000, 2 ** TIME_BITS - 1);
}
