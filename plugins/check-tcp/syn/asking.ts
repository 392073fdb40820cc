// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget } from 'sluice';
import type { Asker } from './flight.js';

type Report = (target: CheckTarget, outcome: CheckOutcome) => void;

/** One sweep's side of things: hands on its targets, and knows how many of them have no outcome yet. */
export class Asking implements Asker {
  /** Resolves when the signal aborts; rejects when there will be no outcomes any more. */
  readonly over: Promise<void>;
  readonly #report: Report;
  readonly #signal: AbortSignal;
  #fail!: (error: unknown) => void;
  #underWay = 0;
  #whenAnswered: (() => void) | null = null;

  constructor(report: Report, signal: AbortSignal) {
    this.#report = report;
    this.#signal = signal;
    this.over = new Promise((resolve, reject) => {
      this.#fail = reject;
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    // It may come when nobody listens any more.
    this.over.catch(() => {});
  }

  /** Sends what comes, to the end; resolves when all of it has an outcome. */
  async all(
    targets: AsyncIterable<readonly CheckTarget[]>,
    send: (together: readonly CheckTarget[]) => void,
  ): Promise<void> {
    for await (const together of targets) {
      if (this.#signal.aborted) return;
      this.#underWay += together.length;
      send(together);
    }
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenAnswered = resolve;
    });
  }

  report(target: CheckTarget, outcome: CheckOutcome): void {
    this.#underWay -= 1;
    this.#report(target, outcome);
    if (this.#underWay === 0) this.#whenAnswered?.();
  }

  fail(error: unknown): void {
    this.#fail(error);
  }
}
