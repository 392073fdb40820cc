// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Clock } from '../plugin/api.js';
import type { Faults } from '../plugin/faults.js';
import { running } from '../plugin/running.js';
import type { Doubt } from './doubt.js';
import { Limit } from './limit.js';
import { checkedOutcome } from './outcome.js';
import type { Probe, ProbeResult } from './probe.js';
import type { Sweep } from './sweep.js';

/** After the abort a check has this long to settle before it counts as hanging. */
const HANG_MS = 1_000;
/** A time-out of which the loop slept through this share says nothing about the member. */
const BLOCKED_SHARE = 0.25;
/** A check that hangs this often on one target is not started on it again until one of them ends. */
const MOST_HANGING = 3;

export interface ProbeRunnerOptions {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly doubt: Doubt;
  /** Probes of one type of check that run alone, each with a socket. */
  readonly mostSockets: number;
  /** Targets that all sweeps of one kind of check may owe an answer to; the rest wait their turn. Default 4,096. */
  readonly mostSwept?: number;
  readonly mostProcesses: number;
}

/** Hears the result of a probe. */
export type Done<P extends Probe> = (probe: P, result: ProbeResult) => void;

/** Swept targets of one kind of check. */
interface Crowd {
  out: number;
  readonly waiting: (() => void)[];
}

/** Answered: what still hears the signal of a probe that is over needs no reason of its own, which costs. */
const OVER = new DOMException('the probe is over', 'AbortError');

/** Runs probes, alone or in sweeps: within a deadline, within bounds, and never harmed by what a check does. */
export class ProbeRunner {
  readonly #options: ProbeRunnerOptions;
  /** Sockets by type of check, like crowds; processes are dear, whoever starts them. */
  readonly #sockets = new Map<string, Limit>();
  readonly #processes: Limit;
  /** By probe, not by its key: a reload may have mended the check. */
  readonly #hanging = new WeakMap<Probe, number>();
  readonly #mostSwept: number;
  /** By type of check: one that hangs must not keep the others waiting. */
  readonly #crowds = new Map<string, Crowd>();

  constructor(options: ProbeRunnerOptions) {
    this.#options = options;
    this.#mostSwept = options.mostSwept ?? 4_096;
    this.#processes = new Limit(options.mostProcesses);
  }

  /** Starts a probe in whichever form its check has. Calls `done` once, never before this returns. */
  start<P extends Probe>(probe: P, done: Done<P>): void {
    const { sweep } = probe;
    if (sweep === undefined) {
      void this.#runAlone(probe, done);
      return;
    }
    const crowd = this.#crowdOf(probe.spec.type);
    if (crowd.out < this.#mostSwept) this.#sweep(probe, sweep, crowd, done);
    else crowd.waiting.push(() => this.#sweep(probe, sweep, crowd, done));
  }

  /** Runs a probe alone. */
  async run(probe: Probe, target: CheckTarget = probe.target): Promise<ProbeResult> {
    return this.#limitOf(probe).run(async () => {
      const { clock } = this.#options;
      const startedMs = clock.monotonicMs();
      const outcome = this.#trusted(await this.#attempt(probe, target), startedMs);
      return { outcome, at: clock.now(), tookMs: clock.monotonicMs() - startedMs };
    });
  }

  async #runAlone<P extends Probe>(probe: P, done: Done<P>): Promise<void> {
    done(probe, await this.run(probe));
  }

  #limitOf({ cost, spec: { type } }: Probe): Limit {
    if (cost === 'process') return this.#processes;
    let limit = this.#sockets.get(type);
    if (limit === undefined) this.#sockets.set(type, (limit = new Limit(this.#options.mostSockets)));
    return limit;
  }

  #crowdOf(type: string): Crowd {
    let crowd = this.#crowds.get(type);
    if (crowd === undefined) this.#crowds.set(type, (crowd = { out: 0, waiting: [] }));
    return crowd;
  }

  #sweep<P extends Probe>(probe: P, sweep: Sweep, crowd: Crowd, done: Done<P>): void {
    const { clock } = this.#options;
    crowd.out += 1;
    sweep.take(probe.target, (outcome, tookMs) => {
      crowd.out -= 1;
      crowd.waiting.shift()?.();
      const trusted = this.#trusted(outcome, clock.monotonicMs() - tookMs);
      done(probe, { outcome: trusted, at: clock.now(), tookMs });
    });
  }

  #attempt(probe: Probe, target: CheckTarget): Promise<CheckOutcome> {
    const plugin = `check/${probe.spec.type}`;
    if ((this.#hanging.get(probe) ?? 0) >= MOST_HANGING) {
      return Promise.resolve({ verdict: 'inconclusive', reason: `${plugin} hangs on this target` });
    }
    const { clock, faults } = this.#options;
    const abort = new AbortController();
    return new Promise((resolve) => {
      let timedOut = false;
      let settled = false;
      let hung = false;
      const deadline = clock.after(target.timeoutMs, () => {
        // An answer may already wait in the socket: the loop's next turn reads it before time is called.
        setImmediate(() => {
          if (settled) return;
          timedOut = true;
          resolve({ verdict: 'fail', kind: 'timeout', reason: `no answer within ${target.timeoutMs} ms` });
          abort.abort();
          clock.after(HANG_MS, () => {
            if (settled) return;
            hung = true;
            this.#countHanging(probe, 1);
            const message = `did not end within ${HANG_MS} ms of its abort signal (${target.endpoint})`;
            faults.add({ plugin, hook: 'probe', kind: 'timeout', message });
          });
        });
      });
      const finish = (outcome: CheckOutcome): void => {
        settled = true;
        if (hung) this.#countHanging(probe, -1);
        deadline[Symbol.dispose]();
        if (!timedOut) resolve(outcome);
        abort.abort(OVER);
      };
      const fail = (kind: 'throw' | 'reject' | 'late', error: unknown): void => {
        const message = error instanceof Error ? error.message : String(error);
        const atAbort =
          timedOut &&
          (error === abort.signal.reason || (error instanceof Error && error.name === 'AbortError'));
        if (!atAbort) faults.add({ plugin, hook: 'probe', kind: timedOut ? 'late' : kind, message });
        finish({ verdict: 'inconclusive', reason: `${plugin} failed by itself: ${message}` });
      };
      let answer: Promise<CheckOutcome>;
      try {
        answer = running(plugin, 'probe', faults, () => probe.prober.probe(target, abort.signal));
      } catch (error) {
        fail('throw', error);
        return;
      }
      Promise.resolve(answer).then(
        (outcome) => finish(checkedOutcome(outcome, plugin, faults)),
        (error: unknown) => fail('reject', error),
      );
    });
  }

  #countHanging(probe: Probe, change: 1 | -1): void {
    const count = (this.#hanging.get(probe) ?? 0) + change;
    if (count === 0) this.#hanging.delete(probe);
    else this.#hanging.set(probe, count);
  }

  /** A silence while this host was unfit is no verdict on the member; a refusal still is. */
  #trusted(outcome: CheckOutcome, startedMs: number): CheckOutcome {
    if (outcome.verdict !== 'fail' || outcome.kind !== 'timeout') return outcome;
    const { clock, doubt } = this.#options;
    const nowMs = clock.monotonicMs();
    const blockedMs = doubt.blockedMs(startedMs, nowMs);
    if (blockedMs >= (nowMs - startedMs) * BLOCKED_SHARE) {
      return {
        verdict: 'inconclusive',
        reason: `${outcome.reason}, but this daemon was held up for ${Math.round(blockedMs)} ms`,
      };
    }
    const { unfit } = doubt;
    return unfit === null ? outcome : { verdict: 'inconclusive', reason: `${outcome.reason}, but ${unfit}` };
  }
}
