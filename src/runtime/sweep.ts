// SPDX-License-Identifier: MIT
import { setMaxListeners } from 'node:events';
import type { CheckOutcome, CheckTarget, Clock, Prober } from '../plugin/api.js';
import { describeThrown, type Faults } from '../plugin/faults.js';
import { Turns } from '../kernel/turns.js';
import { running } from '../plugin/running.js';
import { Inbox } from './inbox.js';
import { checkedOutcome } from './outcome.js';

/** After its time-out a target that the sweep forgets is given up, when next looked for. */
const FORGOTTEN_MS = 250;
const LOOK_EVERY_MS = 250;
const RETIRED = 'the configuration has retired';

export interface SweepOptions {
  /** `check/name` */
  readonly plugin: string;
  readonly probeMany: NonNullable<Prober['probeMany']>;
  readonly clock: Clock;
  readonly faults: Faults;
}

/** Hears what became of a target: `tookMs` from its start to its report. */
export type Settle = (outcome: CheckOutcome, tookMs: number) => void;

interface Flight {
  readonly target: CheckTarget;
  readonly startedMs: number;
  readonly settle: Settle;
  state: 'out' | 'reported' | 'settled';
}

interface Report {
  readonly flight: Flight;
  readonly outcome: CheckOutcome;
  readonly tookMs: number;
}

/**
 * One sweeping check (`probeMany`) at work: targets taken in one turn of the loop go to it together, and each is
 * settled once, whatever the sweep does. One that ends or throws says nothing of its targets; the next target
 * starts it again.
 */
export class Sweep {
  readonly #options: SweepOptions;
  /** What the sweep owes an answer to, oldest first. */
  readonly #flights = new Map<CheckTarget, Flight>();
  #targets: Inbox<CheckTarget> | null = null;
  /** Ends the sweep that is at work: its own, as one signal for thousands of sweeps would take long to listen to. */
  #over = new AbortController();
  #retired = false;
  #look: Disposable | null = null;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /** A target has one flight at a time; `settle` is never called before this returns. */
  take(target: CheckTarget, settle: Settle): void {
    const { clock } = this.#options;
    if (this.#retired) {
      queueMicrotask(() => settle({ verdict: 'inconclusive', reason: RETIRED }, 0));
      return;
    }
    this.#flights.set(target, { target, startedMs: clock.monotonicMs(), settle, state: 'out' });
    this.#targets ??= this.#start();
    this.#targets.add(target);
    this.#look ??= clock.after(LOOK_EVERY_MS, () => this.#lookForForgotten());
  }

  /** The configuration retires: the sweep ends, and all that it owes is settled. */
  retire(): void {
    this.#retired = true;
    this.#over.abort();
    this.#giveUp(RETIRED);
  }

  #start(): Inbox<CheckTarget> {
    const { plugin, probeMany, faults } = this.#options;
    const over = new AbortController();
    this.#over = over;
    const { signal } = over;
    // One for each target is no leak.
    setMaxListeners(0, signal);
    const targets = new Inbox<CheckTarget>(signal);
    const reports = new Inbox<Report>(signal);
    // Read here and not where they are made: what follows from them is done in nobody's name.
    void this.#settleAll(reports);
    const report = (target: CheckTarget, outcome: CheckOutcome): void => {
      const flight = this.#flights.get(target);
      // A target that was given up, or of a sweep that ended before, has been answered for.
      if (flight?.state !== 'out' || this.#targets !== targets) return;
      flight.state = 'reported';
      reports.add({ flight, outcome, tookMs: this.#options.clock.monotonicMs() - flight.startedMs });
    };
    const end = (fault: { readonly code: string; readonly message: string } | null): void => {
      if (this.#targets === targets) this.#targets = null;
      if (this.#retired) return;
      over.abort();
      const { message } = fault ?? { message: 'the sweep ended' };
      faults.add({
        plugin,
        hook: 'probeMany',
        kind: fault === null ? 'nonsense' : 'reject',
        ...fault,
        message,
      });
      this.#giveUp(`${plugin} failed by itself: ${message}`);
    };
    try {
      running(plugin, 'probeMany', faults, () => probeMany(targets, report, signal)).then(
        () => end(null),
        (error: unknown) => end(describeThrown(error)),
      );
    } catch (error) {
      // Not at once: who takes a target is not called back before `take` returns.
      queueMicrotask(() => end(describeThrown(error)));
    }
    return targets;
  }

  async #settleAll(reports: Inbox<Report>): Promise<void> {
    const { plugin, faults } = this.#options;
    for await (const batch of reports) {
      const turns = new Turns();
      for (const { flight, outcome, tookMs } of batch) {
        // A rack that dies is a thousand changes at once, each with its consequences.
        if (turns.due) await turns.give();
        try {
          this.#settle(flight, checkedOutcome(outcome, plugin, faults), tookMs);
        } catch (error) {
          // A bug of ours with one result must not silence all others.
          void Promise.reject(error);
        }
      }
    }
  }

  #settle(flight: Flight, outcome: CheckOutcome, tookMs: number): void {
    if (flight.state === 'settled') return;
    flight.state = 'settled';
    this.#flights.delete(flight.target);
    flight.settle(outcome, tookMs);
  }

  #lookForForgotten(): void {
    const { plugin, clock, faults } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const flight of this.#flights.values()) {
      const { endpoint, timeoutMs } = flight.target;
      const tookMs = nowMs - flight.startedMs;
      if (flight.state !== 'out' || tookMs < timeoutMs + FORGOTTEN_MS) continue;
      const message = `reported nothing of ${endpoint} within ${timeoutMs} ms`;
      faults.add({ plugin, hook: 'probeMany', kind: 'timeout', message });
      this.#settle(
        flight,
        { verdict: 'fail', kind: 'timeout', reason: `no answer within ${timeoutMs} ms` },
        tookMs,
      );
    }
    this.#look = this.#flights.size === 0 ? null : clock.after(LOOK_EVERY_MS, () => this.#lookForForgotten());
  }

  #giveUp(reason: string): void {
    const nowMs = this.#options.clock.monotonicMs();
    const flights = [...this.#flights.values()];
    this.#look?.[Symbol.dispose]();
    this.#look = null;
    for (const flight of flights)
      this.#settle(flight, { verdict: 'inconclusive', reason }, nowMs - flight.startedMs);
  }
}
