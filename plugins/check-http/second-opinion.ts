// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Clock, Prober } from 'sluice';
import { inconclusive } from '../outcome.js';
import { loadUndici } from './undici.js';

/** undici's clients are large and slow: so many work for odd answers at a time, and the rest wait. */
const MOST_AT_ONCE = 128;
/** Of a target's time. */
const OWN_SHARE = 0.25;

/** Of all checks of this process. */
const crowd = { atWork: 0, waiting: [] as (() => void)[] };

/** Asks the portable way about members whose answers are odd, within what is left of each probe's time. */
export class SecondOpinion {
  readonly #portable: Pick<Prober, 'probe'>;
  readonly #clock: Clock;

  constructor(portable: Pick<Prober, 'probe'>, clock: Clock) {
    this.#portable = portable;
    this.#clock = clock;
  }

  /**
   * The outcome of a probe that began at `startedMs`. A silence is none where sluice itself took much of the time,
   * by loading what it needs or by making the probe wait.
   */
  async ask(target: CheckTarget, startedMs: number, signal: AbortSignal): Promise<CheckOutcome> {
    const askedMs = this.#clock.monotonicMs();
    await turn();
    try {
      await loadUndici();
      const nowMs = this.#clock.monotonicMs();
      const left = { ...target, timeoutMs: Math.max(0, target.timeoutMs - (nowMs - startedMs)) };
      const outcome = await this.#portable.probe(left, signal);
      const timedOut = outcome.verdict === 'fail' && outcome.kind === 'timeout';
      if (!timedOut || nowMs - askedMs < target.timeoutMs * OWN_SHARE) return outcome;
      return inconclusive(`${outcome.reason}, but sluice itself was busy for much of the time`);
    } finally {
      leave();
    }
  }
}

async function turn(): Promise<void> {
  if (crowd.atWork < MOST_AT_ONCE) crowd.atWork += 1;
  else await new Promise<void>((resolve) => crowd.waiting.push(resolve));
}

/** The place is handed on, not freed, so that nobody overtakes who waits. */
function leave(): void {
  const next = crowd.waiting.shift();
  if (next === undefined) crowd.atWork -= 1;
  else next();
}
