// SPDX-License-Identifier: MIT
import type { ApplyFailure, ApplyReport, ChangeSet, RemovalReason } from '../change-set.js';
import { diffServices } from '../desired/diff.js';
import { SluiceError } from '../errors.js';
import type { Backend, Clock } from '../plugin/api.js';
import type { Guard } from '../plugin/guard.js';
import { gently } from './gently.js';
import { type RealServer, serverKey, type VirtualService } from '../virtual-service.js';

const OBSERVE_TIMEOUT_MS = 30_000;
const APPLY_TIMEOUT_MS = 60_000;
/** Services that one call of `apply` may change. */
const MOST_CHANGES = 500;
const BACKOFF_MS = { least: 200, most: 30_000 };
/** The whole truth is read again this often even if nobody told of a change. */
const RESYNC_MS = 300_000;

type Services = ReadonlyMap<string, VirtualService>;

/** What a reconciler asks of the daemon around it. */
export interface ReconcilerHost {
  /** Computes what one service wants held; pure but for the health it looks at. */
  compute(serviceId: string, held: (key: string) => VirtualService | undefined): readonly VirtualService[];
  /** Every service on this backend. */
  serviceIds(): Iterable<string>;
  reasonOf(service: VirtualService, member: RealServer): RemovalReason;
  /** Adjusters tapped by plugins; null when there are none, so that the usual path stays short. */
  adjust:
    | ((
        services: readonly VirtualService[],
        held: (key: string) => VirtualService | undefined,
      ) => readonly VirtualService[])
    | null;
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
  #host: ReconcilerHost | null = null;
  /** What the engine holds, as far as known; null: must be read back. */
  #held: Map<string, VirtualService> | null = null;
  /** What it held when that was last known: for people, and for judging who serves, never to compare with. */
  #lastHeld: Services = new Map();
  /** Frontends that each service wanted at its last computation. */
  readonly #keysOf = new Map<string, readonly string[]>();
  readonly #dirty = new Set<string>();
  #allDirty = true;
  #round: Promise<void> | null = null;
  #failures = 0;
  /** The engine is well but refuses some services: the others do not wait for those. */
  /** The engine holds things of ours that no service explains. */
  #inDisorder = false;
  #refusing = false;
  #timer: Disposable | null = null;
  #timerDueMs = Infinity;
  #drift: Disposable | null = null;
  #stopped = false;
  #started = false;
  #error: string | null = null;
  #lastAppliedAt: number | null = null;
  readonly #abort = new AbortController();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.name = options.name;
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
    const clean = !this.#allDirty && this.#dirty.size === 0 && this.#round === null && this.#held !== null;
    return {
      converged: clean && this.#error === null,
      lastAppliedAt: this.#lastAppliedAt,
      error: this.#error,
      services: this.#lastHeld.size,
    };
  }

  /** Whether the engine holds this server for this frontend, as far as known. */
  holds(frontend: string, server: string): boolean {
    return this.#lastHeld.get(frontend)?.members.some((member) => serverKey(member) === server) ?? false;
  }

  held(key: string): VirtualService | undefined {
    return this.#lastHeld.get(key);
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
    this.#allDirty = true;
    // At once, even if the adoption failed: no round has run yet that would see to another attempt.
    if (!this.#stopped && this.#round === null) this.#run();
  }

  mark(serviceId: string): void {
    this.#dirty.add(serviceId);
    this.#kick();
  }

  markAll(): void {
    this.#allDirty = true;
    this.#kick();
  }

  /** Resolves when the round under way, if any, is over. */
  async settle(): Promise<void> {
    while (this.#round !== null) await this.#round;
  }

  /** What applying now would do, without doing it; with `host` standing in for the present one. */
  async preview(
    host: Pick<ReconcilerHost, 'compute' | 'serviceIds' | 'reasonOf' | 'adjust'>,
  ): Promise<ChangeSet> {
    const held = indexed((await this.#guardedObserve()).services);
    const before = new Map(held);
    const after = new Map<string, VirtualService>();
    for await (const id of gently(host.serviceIds())) {
      for (const service of host.compute(id, (key) => held.get(key))) {
        if (isSame(held.get(service.key), service)) before.set(service.key, service);
        after.set(service.key, service);
      }
    }
    return diffServices(before, adjusted(after, host, held), (service, member) =>
      host.reasonOf(service, member),
    );
  }

  /** Warnings about this host that would keep the services from working. */
  async preflight(): Promise<readonly string[]> {
    const { backend } = this;
    if (backend.preflight === undefined) return [];
    const services = [...this.#lastHeld.values()];
    return this.#call(OBSERVE_TIMEOUT_MS, 'look at this host', (signal) =>
      backend.preflight!(services, signal),
    );
  }

  /** Ends for good. `withdraw` leaves the engine as if sluice had never run. */
  async stop(mode: 'keep' | 'withdraw'): Promise<void> {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
    this.#drift?.[Symbol.dispose]();
    // A change under way is let finish: half of one would be told to nobody.
    await this.settle();
    this.#abort.abort();
    const wanted = this.#options.dryRun === null ? mode : 'keep';
    await this.#call(
      APPLY_TIMEOUT_MS,
      'let go of its rules',
      (signal) => this.backend.release(wanted, signal),
      {
        last: true,
      },
    );
  }

  #kick(): void {
    if (!this.#started || this.#stopped || this.#round !== null) return;
    if (this.#failures === 0) this.#run();
    else if (this.#refusing && this.#timerDueMs > this.#options.clock.monotonicMs() + BACKOFF_MS.least)
      this.#runAfter(BACKOFF_MS.least);
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
    if (this.#failures === 0 && (this.#allDirty || this.#dirty.size > 0)) {
      this.#run();
      return;
    }
    // A dry run changes nothing that a resync could find changed back.
    if (this.#failures === 0) {
      if (this.#options.dryRun === null) this.#runAfter(RESYNC_MS);
    } else if (this.#refusing && this.#dirty.size > 0) this.#runAfter(BACKOFF_MS.least);
    else {
      const backoffMs = Math.min(BACKOFF_MS.least * 2 ** (this.#failures - 1), BACKOFF_MS.most);
      this.#runAfter(backoffMs * (0.5 + this.#options.random() / 2));
    }
  }

  #runAfter(delayMs: number): void {
    const { clock } = this.#options;
    this.#timer?.[Symbol.dispose]();
    this.#timerDueMs = clock.monotonicMs() + delayMs;
    this.#timer = clock.after(delayMs, () => {
      this.#held = null;
      this.#allDirty = true;
      this.#run();
    });
  }

  async #rounds(): Promise<void> {
    try {
      const deaf = this.#listen();
      if (this.#held === null) await this.#observe();
      const change = await this.#difference();
      if (change.changes.length > 0 && !(await this.#apply(change))) return;
      if (deaf !== null) throw deaf.error;
      this.#failures = 0;
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
        this.#held = null;
        this.markAll();
      });
      return null;
    } catch (error) {
      return { error };
    }
  }

  async #observe(): Promise<void> {
    const { services, strays = 0 } = await this.#guardedObserve();
    this.#held = indexed(services);
    this.#lastHeld = this.#held;
    this.#inDisorder = strays > 0;
    this.#allDirty = true;
  }

  async #guardedObserve(): ReturnType<Backend['observe']> {
    return this.#call(OBSERVE_TIMEOUT_MS, 'read back its rules', (signal) => this.backend.observe(signal));
  }

  /** From what is dirty; a dirt that comes while it computes is left for the next round. */
  async #difference(): Promise<ChangeSet> {
    const held = this.#held!;
    // Of one piece, even if a reload puts another in its place meanwhile: that marks all dirty again.
    const { host } = this;
    const whole = this.#allDirty || host.adjust !== null;
    const ids = whole ? [...host.serviceIds()] : [...this.#dirty];
    this.#allDirty = false;
    this.#dirty.clear();
    if (whole) this.#keysOf.clear();
    const before = new Map<string, VirtualService>(whole ? held : []);
    const after = new Map<string, VirtualService>();
    for await (const id of gently(ids)) {
      for (const key of this.#keysOf.get(id) ?? []) {
        const service = held.get(key);
        if (service !== undefined) before.set(key, service);
      }
      const wanted = host.compute(id, (key) => held.get(key));
      this.#keysOf.set(
        id,
        wanted.map(({ key }) => key),
      );
      for (const service of wanted) {
        const now = held.get(service.key);
        // What is the same is compared here, in turns, and takes the names that the configuration has now.
        if (isSame(now, service)) held.set(service.key, service);
        const known = held.get(service.key);
        if (known !== undefined) before.set(service.key, known);
        after.set(service.key, service);
      }
    }
    return diffServices(before, adjusted(after, host, held), (service, member) =>
      host.reasonOf(service, member),
    );
  }

  /** In slices, so that a first load of thousands of services holds neither the loop nor the engine for long. */
  async #apply(change: ChangeSet): Promise<boolean> {
    const failed: ApplyFailure[] = [];
    // What is in disorder may be replaced as a whole: with a slice alone, the services of the others would be gone.
    const most = this.#inDisorder ? change.changes.length : MOST_CHANGES;
    for (let from = 0; from < change.changes.length; from += most) {
      const refused = await this.#applySlice({ changes: change.changes.slice(from, from + most) });
      if (refused === null) return false;
      failed.push(...refused);
    }
    this.#inDisorder = false;
    const [first, ...more] = failed;
    if (first === undefined) return true;
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    this.#fail(`${first.key}: ${first.message}${others}`);
    this.#refusing = true;
    return false;
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
      this.#take(change, new Set(change.changes.map(({ key }) => key)));
      return [];
    }
    const report = await this.#call(APPLY_TIMEOUT_MS, 'apply a change', (signal) =>
      this.backend.apply(change, signal),
    );
    this.#take(change, new Set(report.applied));
    this.#lastAppliedAt = clock.now();
    this.host.applied(change, report, clock.monotonicMs() - startedMs);
    return report.failed;
  }

  /** Every call of the backend: with a budget, and with its faults on its own account; a SluiceError is no fault. */
  async #call<T>(
    timeoutMs: number,
    what: string,
    run: (signal: AbortSignal) => Promise<T>,
    { last = false }: { /** The end has come, and this call is part of it. */ readonly last?: boolean } = {},
  ): Promise<T> {
    const attempt = async (signal: AbortSignal): Promise<{ value: T } | { refusal: SluiceError }> => {
      try {
        return { value: await run(signal) };
      } catch (error) {
        if (error instanceof SluiceError) return { refusal: error };
        throw error;
      }
    };
    const result = await this.#options.guard.call(`backend/${this.name}`, what, attempt, {
      timeoutMs,
      ...(last ? {} : { signal: this.#abort.signal }),
    });
    if (!result.ok) {
      if (result.fault === null) throw new Error('stopping');
      throw new SluiceError('SLUICE_PLUGIN_FAULT', `could not ${what}: ${result.fault.message}`);
    }
    if ('refusal' in result.value) throw result.value.refusal;
    return result.value.value;
  }

  #take(change: ChangeSet, applied: ReadonlySet<string>): void {
    for (const { key, after } of change.changes) {
      if (!applied.has(key)) continue;
      if (after === null) this.#held?.delete(key);
      else this.#held?.set(key, after);
    }
  }

  #fail(sentence: string): void {
    this.#held = null;
    this.#allDirty = true;
    this.#refusing = false;
    this.#failures += 1;
    if (this.#error !== sentence && !this.#stopped) this.host.trouble(sentence);
    this.#error = sentence;
  }
}

function indexed(services: readonly VirtualService[]): Map<string, VirtualService> {
  return new Map(services.map((service) => [service.key, service]));
}

function adjusted(services: Services, host: Pick<ReconcilerHost, 'adjust'>, held: Services): Services {
  return host.adjust === null
    ? services
    : indexed(host.adjust([...services.values()], (key) => held.get(key)));
}

function isSame(held: VirtualService | undefined, wanted: VirtualService): boolean {
  if (held === undefined) return false;
  return diffServices(new Map([[held.key, held]]), new Map([[wanted.key, wanted]])).changes.length === 0;
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
