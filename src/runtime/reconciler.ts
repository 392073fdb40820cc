// SPDX-License-Identifier: MIT
import type { ApplyFailure, ApplyReport, ChangeSet } from '../change-set.js';
import type { Backend, Clock } from '../plugin/api.js';
import type { Guard } from '../plugin/guard.js';
import type { VirtualService } from '../virtual-service.js';
import { BackOff } from './back-off.js';
import { EngineCalls } from './engine-calls.js';
import { Holdings, type Wishes } from './holdings.js';

/** Services that one call of `apply` may change. */
const MOST_CHANGES = 500;
/** The whole truth is read again this often even if nobody told of a change. */
const RESYNC_MS = 300_000;

/** What a reconciler asks of the daemon around it. */
export interface ReconcilerHost extends Wishes {
  veto(change: ChangeSet): Promise<string | null>;
  applied(change: ChangeSet, report: ApplyReport, tookMs: number): void;
  /** A failure begins or changes (sentence), or is over (null). */
  trouble(sentence: string | null): void;
  drifted(what: string): void;
}

export interface ReconcilerOptions {
  readonly name: string;
  readonly backend: Backend;
  readonly clock: Clock;
  readonly guard: Guard;
  /** Everything but touching rules: changes are rendered and handed here instead. */
  readonly dryRun: ((rendered: string) => void) | null;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
}

/**
 * Keeps one engine true: whenever something is dirty it computes what should be held, compares it with what it
 * knows to be held, and applies the difference. One round at a time; events only ever mark things dirty. After
 * any failure it knows nothing and reads back before it compares again.
 */
export class Reconciler {
  readonly name: string;
  readonly #options: ReconcilerOptions;
  readonly #calls: EngineCalls;
  readonly #holdings = new Holdings();
  readonly #backOff: BackOff;
  #host: ReconcilerHost | null = null;
  #round: Promise<void> | null = null;
  /** The engine holds things of ours that no service explains. */
  #inDisorder = false;
  #timer: Disposable | null = null;
  #timerDueMs = Infinity;
  #drift: Disposable | null = null;
  #stopped = false;
  #started = false;
  #error: string | null = null;
  #lastAppliedAt: number | null = null;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.name = options.name;
    this.#calls = new EngineCalls(options.name, options.backend, options.guard);
    this.#backOff = new BackOff(options.random);
  }

  /** Whom it serves: set before the first use, and again when a new generation takes over. */
  set host(host: ReconcilerHost) {
    this.#host = host;
    this.markAll();
  }

  get host(): ReconcilerHost {
    if (this.#host === null) throw new Error(`reconciler ${this.name} serves nobody yet`);
    return this.#host;
  }

  get backend(): Backend {
    return this.#options.backend;
  }

  get status(): {
    readonly converged: boolean;
    readonly lastAppliedAt: number | null;
    readonly error: string | null;
    readonly services: number;
  } {
    const clean = !this.#holdings.dirty && this.#round === null && this.#holdings.known;
    return {
      converged: clean && this.#error === null,
      lastAppliedAt: this.#lastAppliedAt,
      error: this.#error,
      services: this.#holdings.services.size,
    };
  }

  /** Whether the engine holds this server for this frontend, as far as known. */
  holds(frontend: string, server: string): boolean {
    return this.#holdings.holds(frontend, server);
  }

  held(key: string): VirtualService | undefined {
    return this.#holdings.services.get(key);
  }

  /** Reads back what the engine holds; touches nothing. Failing is no error yet: the first round tries again. */
  async adopt(): Promise<void> {
    try {
      await this.#observe();
    } catch (error) {
      this.#fail(sentenceOf(error));
    }
  }

  /** From here on dirt is cleaned. */
  start(): void {
    this.#started = true;
    this.#holdings.markAll();
    // At once, even if the adoption failed: no round has run yet that would see to another attempt.
    if (!this.#stopped && this.#round === null) this.#run();
  }

  mark(serviceId: string): void {
    this.#holdings.mark(serviceId);
    this.#kick();
  }

  markAll(): void {
    this.#holdings.markAll();
    this.#kick();
  }

  /** Resolves when the round under way, if any, is over. */
  async settle(): Promise<void> {
    while (this.#round !== null) await this.#round;
  }

  /** What applying now would do, without doing it; with `wishes` standing in for the present ones. */
  async preview(wishes: Wishes): Promise<ChangeSet> {
    const holdings = new Holdings();
    holdings.learn((await this.#calls.observe()).services);
    return holdings.difference(wishes);
  }

  /** Warnings about this host that would keep the services from working. */
  async preflight(): Promise<readonly string[]> {
    return this.#calls.preflight([...this.#holdings.services.values()]);
  }

  /** Ends for good. `withdraw` leaves the engine as if sluice had never run. */
  async stop(mode: 'keep' | 'withdraw'): Promise<void> {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
    this.#drift?.[Symbol.dispose]();
    // A change under way is let finish: half of one would be told to nobody.
    await this.settle();
    await this.#calls.release(this.#options.dryRun === null ? mode : 'keep');
  }

  #kick(): void {
    if (!this.#started || this.#stopped || this.#round !== null) return;
    if (!this.#backOff.failing) this.#run();
    else if (this.#backOff.refusing && this.#timerDueMs > this.#options.clock.monotonicMs() + BackOff.leastMs)
      this.#runAfter(BackOff.leastMs);
  }

  #run(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    // One turn of the loop later, so that what comes together is applied together.
    this.#round = new Promise<void>((resolve) => {
      setImmediate(() => {
        void this.#rounds().finally(() => {
          this.#round = null;
          resolve();
          if (!this.#stopped) this.#rest();
        });
      });
    });
  }

  /** After a round: more dirt, a retry, or the slow resync. */
  #rest(): void {
    if (this.#backOff.failing) this.#runAfter(this.#backOff.delayMs(this.#holdings.marked));
    else if (this.#holdings.dirty) this.#run();
    // A dry run changes nothing that a resync could find changed back.
    else if (this.#options.dryRun === null) this.#runAfter(RESYNC_MS);
  }

  #runAfter(delayMs: number): void {
    const { clock } = this.#options;
    this.#timer?.[Symbol.dispose]();
    this.#timerDueMs = clock.monotonicMs() + delayMs;
    this.#timer = clock.after(delayMs, () => {
      this.#holdings.forget();
      this.#run();
    });
  }

  async #rounds(): Promise<void> {
    try {
      const deaf = this.#listen();
      if (!this.#holdings.known) await this.#observe();
      // Of one piece, even if a reload puts another in its place meanwhile: that marks all dirty again.
      const change = await this.#holdings.difference(this.host);
      if (change.changes.length > 0 && !(await this.#apply(change))) return;
      if (deaf !== null) throw deaf.error;
      this.#backOff.succeeded();
      if (this.#error !== null) {
        this.#error = null;
        this.host.trouble(null);
      }
    } catch (error) {
      this.#fail(sentenceOf(error));
    }
  }

  /** Before the engine is read, so that nothing is missed. Failing keeps no rule from being applied. */
  #listen(): { readonly error: unknown } | null {
    if (this.#drift !== null || this.backend.onDrift === undefined) return null;
    try {
      this.#drift = this.backend.onDrift((what) => {
        this.host.drifted(what);
        this.#holdings.forget();
        this.#kick();
      });
      return null;
    } catch (error) {
      return { error };
    }
  }

  async #observe(): Promise<void> {
    const { services, strays = 0 } = await this.#calls.observe();
    this.#holdings.learn(services);
    this.#inDisorder = strays > 0;
  }

  /** In slices, so that a first load of thousands of services holds neither the loop nor the engine for long. */
  async #apply(change: ChangeSet): Promise<boolean> {
    const failed: ApplyFailure[] = [];
    for (const slice of this.#slices(change)) {
      const refused = await this.#applySlice(slice);
      if (refused === null) return false;
      failed.push(...refused);
    }
    this.#inDisorder = false;
    const [first, ...more] = failed;
    if (first === undefined) return true;
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    this.#fail(`${first.key}: ${first.message}${others}`, { refusing: true });
    return false;
  }

  *#slices({ changes }: ChangeSet): Generator<ChangeSet> {
    // What is in disorder may be replaced as a whole: with a slice alone, the services of the others would be gone.
    // And what is only rendered is never there for the next slice to be told from.
    const whole = this.#inDisorder || this.#options.dryRun !== null;
    const most = whole ? changes.length : MOST_CHANGES;
    for (let from = 0; from < changes.length; from += most)
      yield { changes: changes.slice(from, from + most) };
  }

  /** What the engine refuses of it; null when it was held back. */
  async #applySlice(change: ChangeSet): Promise<readonly ApplyFailure[] | null> {
    const veto = await this.host.veto(change);
    if (veto !== null) {
      this.#fail(`held back: ${veto}`);
      return null;
    }
    const { clock, dryRun } = this.#options;
    const startedMs = clock.monotonicMs();
    if (dryRun !== null) {
      dryRun(this.backend.render(change));
      this.#holdings.take(change, new Set(change.changes.map(({ key }) => key)));
      return [];
    }
    const report = await this.#calls.apply(change);
    this.#holdings.take(change, new Set(report.applied));
    this.#lastAppliedAt = clock.now();
    this.host.applied(change, report, clock.monotonicMs() - startedMs);
    return report.failed;
  }

  #fail(sentence: string, { refusing = false } = {}): void {
    this.#holdings.forget();
    this.#backOff.failed({ refusing });
    if (this.#error !== sentence && !this.#stopped) this.host.trouble(sentence);
    this.#error = sentence;
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
