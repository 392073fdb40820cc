// SPDX-License-Identifier: MIT
import type { Clock } from '../plugin/api.js';
import type { HealthBook, SharedProbe } from './health-book.js';
import type { Lateness } from './lateness.js';
import type { ProbeResult } from './probe.js';
import type { ProbeRunner } from './probe-runner.js';
import { Scheduler } from './scheduler.js';

/** First probes are spread over at most this long, however long the interval is. */
const MOST_SPREAD_MS = 2_000;
/** …and over no more than this for each probe: a small site is known at once. */
const SPREAD_PER_PROBE_MS = 2;
/**
 * What comes due soon after what ran last waits for the rest of a crowd, since a wake-up costs more than a probe: for
 * this share of the shortest interval, within these bounds.
 */
const CROWD = { share: 1 / 100, leastMs: 5, mostMs: 20 };
/** Around each interval, lest probes that met once march together for ever. */
const JITTER_SHARE = 0.02;

export interface ProbeScheduleOptions {
  readonly clock: Clock;
  readonly book: HealthBook;
  readonly runner: ProbeRunner;
  readonly lateness: Lateness;
  /** In [0, 1). */
  readonly random: () => number;
  /** Files the result and says when to probe again, counted from the start of this probe. */
  readonly absorb: (probe: SharedProbe, result: ProbeResult) => number;
}

/** Runs the probes of one generation on their cadence: start to start, never two of one probe at a time. */
export class ProbeSchedule implements Disposable {
  readonly #options: ProbeScheduleOptions;
  readonly #scheduler: Scheduler<SharedProbe>;
  #closed = false;

  constructor(options: ProbeScheduleOptions) {
    this.#options = options;
    const run = (probe: SharedProbe, dueMs: number): void => this.#start(probe, dueMs);
    this.#scheduler = new Scheduler(options.clock, run, crowdMs(options.book));
  }

  /** `before` is the former generation's: a probe that goes on keeps its beat. */
  start(before: ProbeSchedule | null): void {
    const { clock, book, random } = this.#options;
    const nowMs = clock.monotonicMs();
    const spreadMs = Math.min(MOST_SPREAD_MS, book.probes.size * SPREAD_PER_PROBE_MS);
    for (const probe of book.probes.values()) {
      const known = before?.dueMs(probe.key, nowMs) ?? null;
      this.#scheduler.schedule(probe, known ?? nowMs + random() * Math.min(spreadMs, probe.spec.intervalMs));
    }
  }

  /** When the probe of this key starts next: null if it is not known here. */
  dueMs(key: string, nowMs: number): number | null {
    const probe = this.#options.book.probes.get(key);
    if (probe === undefined) return null;
    return probe.startedMs === null ? this.#scheduler.dueMs(probe) : nowMs + probe.spec.fastIntervalMs;
  }

  /** Probes at once, because of a sign from traffic. A probe that is out says nothing of what came after its start. */
  verify(probe: SharedProbe): void {
    if (this.#closed) return;
    if (probe.startedMs !== null) {
      probe.isDoubted = true;
      return;
    }
    this.#scheduler.cancel(probe);
    probe.isVerifying = true;
    this.#start(probe, this.#options.clock.monotonicMs());
  }

  /** Probes in `afterMs` at the latest. */
  hasten(probe: SharedProbe, afterMs: number): void {
    const dueMs = this.#scheduler.dueMs(probe);
    const soonMs = this.#options.clock.monotonicMs() + afterMs;
    if (dueMs !== null && dueMs > soonMs) this.#scheduler.schedule(probe, soonMs);
  }

  nextInMs(key: string): number | null {
    const nowMs = this.#options.clock.monotonicMs();
    const dueMs = this.dueMs(key, nowMs);
    return dueMs === null ? null : Math.max(0, Math.round(dueMs - nowMs));
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#scheduler[Symbol.dispose]();
  }

  #start(probe: SharedProbe, dueMs: number): void {
    const { clock, runner, lateness } = this.#options;
    const nowMs = clock.monotonicMs();
    lateness.note(nowMs - dueMs, nowMs);
    probe.startedMs = nowMs;
    runner.start(probe, this.#done);
  }

  readonly #done = (probe: SharedProbe, result: ProbeResult): void => {
    const { clock, absorb, random } = this.#options;
    const startedMs = probe.startedMs!;
    probe.startedMs = null;
    if (this.#closed) return;
    let afterMs = probe.spec.intervalMs;
    try {
      afterMs = absorb(probe, result);
    } finally {
      // Whatever goes wrong with a result, the next probe is not lost.
      const jitteredMs = afterMs * (1 + (random() - 0.5) * JITTER_SHARE);
      this.#scheduler.schedule(probe, Math.max(clock.monotonicMs(), startedMs + jitteredMs));
      probe.isVerifying = false;
      if (probe.isDoubted) {
        probe.isDoubted = false;
        this.verify(probe);
      }
    }
  };
}

function crowdMs(book: HealthBook): number {
  let shortestMs = Infinity;
  for (const { spec } of book.probes.values()) shortestMs = Math.min(shortestMs, spec.intervalMs);
  return Math.min(Math.max(shortestMs * CROWD.share, CROWD.leastMs), CROWD.mostMs);
}
