// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Clock, Prober } from 'sluice';
import { patienceMs } from '../deadline.js';
import { inconclusive } from '../outcome.js';
import { loadUndici } from './undici.js';

/** undici's clients are large and slow: so many work for odd answers at a time, and the rest wait. */
const MOST_AT_ONCE = 128;
/** Of a target's time. */
const OWN_SHARE = 0.25;

const BUSY = 'an odd answer, and sluice itself was busy asking other members again';

/** Of all checks of this process. */
const crowd = { atWork: 0, waiting: new Set<() => void>() };

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
    const leftMs = patienceMs(target) - (askedMs - startedMs);
    if (!(await turn(this.#clock, leftMs))) return inconclusive(BUSY);
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

/** False: there was none in the time that is left. */
function turn(clock: Clock, leftMs: number): Promise<boolean> {
  if (crowd.atWork < MOST_AT_ONCE) {
    crowd.atWork += 1;
    return Promise.resolve(true);
  }
  return new Promise((resolve) => {
    const go = (): void => {
      late[Symbol.dispose]();
      resolve(true);
    };
    const late = clock.after(leftMs, () => {
      crowd.waiting.delete(go);
      resolve(false);
    });
    crowd.waiting.add(go);
  });
}

/** The place is handed on, not freed, so that nobody overtakes who waits. */
function leave(): void {
  const [next] = crowd.waiting;
  if (next === undefined) {
    crowd.atWork -= 1;
    return;
  }
  crowd.waiting.delete(next);
  next();
}
