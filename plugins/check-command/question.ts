// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Clock } from 'sluice';
import { patienceMs } from '../deadline.js';
import { type Transcript, startTranscript } from '../dialogue/transcript.js';
import { latestStartMs } from './latest-start.js';

/** What one probe asks a co-process. Settles once. */
export class Question {
  readonly target: CheckTarget;
  readonly transcript: Transcript;
  /** When it was written to the process, on the monotonic clock; null: it waits. */
  askedMs: number | null = null;
  /** Of those asked. */
  number = 0;
  #settle: ((outcome: CheckOutcome) => void) | null;
  readonly #lastAskMs: number;
  readonly #timer: Disposable;

  /** `onOverdue` is called when its time runs out before it has settled. */
  constructor(
    target: CheckTarget,
    clock: Clock,
    settle: (outcome: CheckOutcome) => void,
    onOverdue: (question: Question) => void,
  ) {
    this.target = target;
    this.transcript = startTranscript(target.trace, clock);
    this.#settle = settle;
    this.#lastAskMs = latestStartMs(target, clock);
    this.#timer = clock.after(patienceMs(target), () => onOverdue(this));
  }

  get settled(): boolean {
    return this.#settle === null;
  }

  /** Whether it is too late to ask. */
  isLate(nowMs: number): boolean {
    return nowMs > this.#lastAskMs;
  }

  settle(outcome: CheckOutcome): void {
    const settle = this.#settle;
    if (settle === null) return;
    this.#settle = null;
    this.#timer[Symbol.dispose]();
    const details = this.transcript.details();
    settle(details === undefined ? outcome : { ...outcome, details });
  }
}
