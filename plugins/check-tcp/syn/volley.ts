// SPDX-License-Identifier: MIT
import type { CheckTarget } from 'sluice';
import { patienceMs } from '../../deadline.js';
import type { Flight } from './flight.js';

/** A SYN that is lost gets a second try while there is time to hear of it. */
const SECOND_TRY_SHARE = 1 / 3;

/** Flights that left together and have the same time-out. */
export class Volley {
  readonly timeoutMs: number;
  /** When it last left. */
  sentMs: number;
  readonly #flights: Flight[] = [];
  #flying = 0;
  #secondTryMs: number;
  readonly #overdueMs: number;

  /** For targets with the time-out of this one. */
  constructor(target: CheckTarget, nowMs: number) {
    const { timeoutMs } = target;
    this.timeoutMs = timeoutMs;
    this.sentMs = nowMs;
    this.#secondTryMs = nowMs + timeoutMs * SECOND_TRY_SHARE;
    this.#overdueMs = nowMs + patienceMs(target);
  }

  /** When something has to be done about it. */
  get dueMs(): number {
    return Math.min(this.#secondTryMs, this.#overdueMs);
  }

  get empty(): boolean {
    return this.#flying === 0;
  }

  add(flight: Flight): void {
    this.#flights.push(flight);
    this.#flying += 1;
  }

  /** One of its flights has landed. */
  landed(): void {
    this.#flying -= 1;
  }

  /** Those without an answer so far. */
  flying(): readonly Flight[] {
    return this.#flights.filter(({ landed }) => !landed);
  }

  /** What is to be done now: nothing, the second try (told once), or to call time. */
  due(nowMs: number): 'nothing' | 'second-try' | 'overdue' {
    if (nowMs >= this.#overdueMs) return 'overdue';
    if (nowMs < this.#secondTryMs) return 'nothing';
    this.#secondTryMs = Number.POSITIVE_INFINITY;
    this.sentMs = nowMs;
    return 'second-try';
  }
}
