// SPDX-License-Identifier: MIT
import { type CheckOutcome } from 'sluice';
import type { Question } from './question.js';

/** Questions that wait to be asked, in the order they came. */
export class Queue {
  #questions: Question[] = [];
  /** Those before this place have left. */
  #first = 0;

  get empty(): boolean {
    return this.#first === this.#questions.length;
  }

  push(question: Question): void {
    this.#questions.push(question);
  }

  /** Takes the first that can still be asked; those before it for which it is too late get `late`. */
  next(nowMs: number, late: CheckOutcome): Question | null {
    while (!this.empty) {
      const question = this.#questions[this.#first++]!;
      if (question.settled) continue;
      if (!question.isLate(nowMs)) return question;
      question.settle(late);
    }
    this.#clear();
    return null;
  }

  /** Sends all away with the same answer. */
  dismiss(outcome: CheckOutcome): void {
    const waiting = this.#questions.slice(this.#first);
    this.#clear();
    for (const question of waiting) question.settle(outcome);
  }

  #clear(): void {
    this.#questions = [];
    this.#first = 0;
  }
}
