// SPDX-License-Identifier: MIT
import type { Logger } from 'pino';
import type { AdminTarget, DaemonApi } from './daemon-api.js';
import { SluiceError } from './errors.js';
import { Generation } from './generation.js';
import type { Admin, Service } from './model.js';
import type { Clock } from './plugin/api.js';
import { type Faults, faultSentence } from './plugin/faults.js';
import { BlockWatch } from './plugin/block-watch.js';
import { OpenHandles } from './plugin/handles.js';
import { pluginId } from './plugin/plugin-registry.js';
import { lastBlocker } from './plugin/running.js';
import { type Preparation, prepare } from './prepare.js';
import { type Override, Overrides, targetText } from './runtime/admin.js';
import { checkNow } from './runtime/check-now.js';
import { Doubt } from './runtime/doubt.js';
import { type Engine, placeOf, retired } from './runtime/engines.js';
import { type Journal, type NewEvent } from './runtime/journal.js';
import { Keeper } from './runtime/keeper.js';
import { logEvent } from './runtime/log-events.js';
import { planAgainst } from './runtime/plan.js';
import { ProbeRunner } from './runtime/probe-runner.js';
import { clusterStatuses, explain, type Facts } from './runtime/report.js';
import type { SavedState } from './runtime/state-file.js';
import type { AdminReport, CheckNow, Explanation, Plan, ReloadReport, Status } from './status.js';
import { VERSION } from './version.js';

/** Before the first rules are applied the first answers are waited for, but no longer than this. */
const FIRST_ANSWERS_MS = 1_000;
const TELL_BLOCK_MS = 250;
/** How often the sockets and processes that plugins hold are looked at; also what a retired one has to close its own. */
const COUNT_HANDLES_MS = 60_000;
const MOST_SOCKETS = 512;
const MOST_PROCESSES = 16;

export interface DaemonOptions {
  readonly file: string;
  readonly dryRun: ((rendered: string) => void) | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly first: Extract<Preparation, { ok: true }>['prepared'];
  readonly saved: SavedState | null;
  readonly overrides: readonly Override[];
}

/** The running daemon: one generation in force, the engines it drives, and what outlives both. */
export class Daemon implements DaemonApi {
  readonly journal: Journal;
  readonly #options: DaemonOptions;
  readonly #startedAt: number;
  readonly #doubt: Doubt;
  readonly #blockWatch: BlockWatch;
  readonly #handles = new OpenHandles();
  #handlesTimer: Disposable | null = null;
  readonly #runner: ProbeRunner;
  readonly #overrides: Overrides;
  readonly #keeper: Keeper;
  readonly #warnings = new Map<string, string>();
  #generation!: Generation;
  #configError: string | null = null;
  #reloading: Promise<ReloadReport> | null = null;
  #nextReload: Promise<ReloadReport> | null = null;
  #stopping: Promise<void> | null = null;
  #ended: () => void = () => undefined;
  /** Resolves when the daemon has stopped. */
  readonly ended: Promise<void>;

  static async open(options: DaemonOptions): Promise<Daemon> {
    const daemon = new Daemon(options);
    daemon.#generation = await daemon.#generationOf(options.first, 1);
    return daemon;
  }

  private constructor(options: DaemonOptions) {
    const { clock, faults, journal, first } = options;
    this.#options = options;
    this.journal = journal;
    this.#startedAt = clock.now();
    this.ended = new Promise((resolve) => {
      this.#ended = resolve;
    });
    this.#blockWatch = new BlockWatch(faults, clock);
    this.#doubt = new Doubt({
      clock,
      onChange: (unfit) =>
        this.tell({ kind: 'unfit', subject: 'sluice', message: unfit ?? 'fit to judge again' }),
      onBlock: (blockedMs) => this.#held(blockedMs),
    });
    this.#runner = new ProbeRunner({
      clock,
      faults,
      doubt: this.#doubt,
      mostSockets: MOST_SOCKETS,
      mostProcesses: MOST_PROCESSES,
    });
    this.#overrides = new Overrides(clock, options.overrides, (target) => this.#overrideEnded(target));
    const { directory, maxAgeMs } = first.config.state;
    this.#keeper = new Keeper({
      clock,
      directory,
      maxAgeMs,
      state: () => ({
        health: this.#generation.book.health(),
        backends: Object.fromEntries(
          [...this.#generation.engines].map(([name, engine]) => [name, engine.options]),
        ),
      }),
      overrides: () => this.#overrides.all(),
      onTrouble: (sentence) => this.#warn('state', sentence, 'the state directory can be written again'),
    });
  }

  /** From a prepared configuration to rules: adopt, probe, and only then correct. */
  async start(): Promise<void> {
    const generation = this.#generation;
    this.#doubt.start();
    this.#countHandles();
    this.tell({ kind: 'start', subject: 'sluice', message: `sluice ${VERSION} with ${this.#options.file}` });
    this.#forget(this.#overrides.prune(generation.prepared.config));
    await generation.inherit(null, this.#options.saved);
    this.#serve(generation);
    await Promise.all([...generation.engines.values()].map(({ reconciler }) => reconciler.adopt()));
    await generation.doubtRestored();
    await generation.probe(null, FIRST_ANSWERS_MS);
    if (this.#stopping !== null) return;
    for (const { reconciler } of generation.engines.values()) reconciler.start();
    await this.#withdrawLeftovers();
    await generation.prepared.hooks.started({ generation: generation.number });
    await this.#preflight();
    await this.#keeper.save();
  }

  statusHead(): Omit<Status, 'clusters'> {
    const { prepared, number, loadedAt, engines } = this.#generation;
    const iso = (ms: number): string => new Date(ms).toISOString();
    return {
      version: VERSION,
      pid: process.pid,
      role: 'active',
      started_at: iso(this.#startedAt),
      generation: number,
      config: { file: this.#options.file, loaded_at: iso(loadedAt), error: this.#configError },
      unfit: this.#doubt.unfit,
      dry_run: this.#options.dryRun !== null,
      backends: [...engines.values()].map(({ name, reconciler }) => {
        const { converged, lastAppliedAt, error, services } = reconciler.status;
        return {
          name,
          converged,
          last_applied_at: lastAppliedAt === null ? null : iso(lastAppliedAt),
          last_error: error,
          services,
        };
      }),
      plugins: prepared.registry.loaded().map(({ plugin }) => {
        const name = `${plugin.kind}/${plugin.name}`;
        const { faults } = this.#options;
        const last = faults.last(name);
        return {
          name,
          version: plugin.version ?? VERSION,
          faults: faults.count(name),
          last_fault: last === undefined ? null : faultSentence(last),
        };
      }),
      warnings: [...this.#warnings.values()],
    };
  }

  clusters(): ReturnType<DaemonApi['clusters']> {
    return clusterStatuses(this.#facts());
  }

  explain(endpoint: string): Explanation | null {
    const record = this.#generation.book.records.get(endpoint);
    return record === undefined ? null : explain(this.#facts(), record);
  }

  async checkNow(endpoint: string): Promise<CheckNow | null> {
    const record = this.#generation.book.records.get(endpoint);
    return record === undefined ? null : checkNow(record, this.#runner);
  }

  async setAdmin(target: AdminTarget, admin: Admin, forMs: number | null): Promise<AdminReport> {
    const services = this.#servicesOf(target);
    const text = targetText(target);
    const override = this.#overrides.decide(text, admin, forMs, this.#configuredAdmin(target));
    const message =
      override === null ? `${text}: back to what the configuration says` : `${text}: ${admin} by command`;
    this.tell({ kind: 'admin', subject: text, to: admin, message });
    this.#generation.adminChanged(services);
    await this.#keeper.saveOverrides();
    const until = override?.until ?? null;
    const endpoints = services.flatMap(({ endpoints }) =>
      endpoints.filter(({ member }) => member === target.member),
    );
    return {
      target: text,
      admin,
      until: until === null ? null : new Date(until).toISOString(),
      endpoints: endpoints.map(({ id }) => id),
    };
  }

  /** One at a time; whoever asks while one runs shares the one after it, which sees the file as it is then. */
  reload(): Promise<ReloadReport> {
    if (this.#reloading === null) {
      this.#reloading = this.#reload().finally(() => {
        this.#reloading = null;
      });
      return this.#reloading;
    }
    const again = (): Promise<ReloadReport> => {
      this.#nextReload = null;
      return this.reload();
    };
    this.#nextReload ??= this.#reloading.then(again, again);
    return this.#nextReload;
  }

  plan(source: { readonly file: string; readonly text: string } | null): Promise<Plan> {
    return planAgainst({
      file: source?.file ?? this.#options.file,
      ...(source === null ? {} : { text: source.text }),
      clock: this.#options.clock,
      log: this.#options.log,
      health: this.#generation.book.health(),
      overrides: this.#overrides,
      engines: this.#generation.engines,
    });
  }

  stop(mode: 'keep' | 'withdraw'): Promise<void> {
    this.#stopping ??= this.#stop(mode);
    return this.#stopping;
  }

  async #reload(): Promise<ReloadReport> {
    const before = this.#generation;
    const { file } = this.#options;
    const result = await this.#prepare(before.engines);
    if (!result.ok) {
      this.#configError =
        result.diagnostics.find(({ severity }) => severity === 'error')?.message ?? 'refused';
      this.tell({
        kind: 'reload',
        subject: file,
        message: `refused, generation ${before.number} runs on: ${this.#configError}`,
      });
      return { ok: false, generation: before.number, diagnostics: result.diagnostics };
    }
    if (this.#stopping !== null) {
      await result.prepared.dispose();
      return { ok: false, generation: before.number, diagnostics: [] };
    }
    this.#configError = null;
    const next = await this.#generationOf(result.prepared, before.number + 1);
    before.endProbing();
    await next.inherit(before, null);
    this.#generation = next;
    // Before anything is waited for: an engine that hangs must not keep members unprobed, and what is marked dirty
    // from here on is named as in the new configuration.
    this.#serve(next);
    void next.probe(before, FIRST_ANSWERS_MS);
    this.#forget(this.#overrides.prune(next.prepared.config));
    const fresh = next.prepared.engines.fresh.map(({ reconciler }) => reconciler);
    const { succeeded, gone } = retired(before.engines, next.engines);
    await this.#end(succeeded, 'keep');
    await Promise.all(fresh.map((reconciler) => reconciler.adopt()));
    for (const reconciler of fresh) reconciler.start();
    this.tell({ kind: 'reload', subject: file, message: `generation ${next.number} is in force` });
    await before.prepared.hooks.stopping({ reason: 'reload' });
    await this.#end(gone, 'withdraw');
    await before.prepared.dispose();
    await next.prepared.hooks.started({ generation: next.number });
    this.#keeper.touch();
    await this.#preflight();
    return { ok: true, generation: next.number, diagnostics: result.prepared.warnings };
  }

  async #prepare(engines: ReadonlyMap<string, Engine>): Promise<Preparation> {
    const { file, clock, log, faults, dryRun } = this.#options;
    return prepare({ file, clock, log, faults, engines, dryRun });
  }

  async #end(engines: readonly Engine[], mode: 'keep' | 'withdraw'): Promise<void> {
    for (const { name, reconciler } of engines) {
      await reconciler.stop(mode).catch((error: unknown) => {
        const message = `the former backend ${name} could not be ended: ${(error as Error).message}`;
        this.#warn(`former/${name}`, message);
      });
    }
  }

  async #stop(mode: 'keep' | 'withdraw'): Promise<void> {
    const message = mode === 'keep' ? 'stopping; the rules stay' : 'stopping; the rules are withdrawn';
    this.tell({ kind: 'stop', subject: 'sluice', message });
    await this.#reloading?.catch(() => undefined);
    const { prepared, engines } = this.#generation;
    this.#generation.endProbing();
    await prepared.hooks.stopping({ reason: mode === 'keep' ? 'stop' : 'withdraw' });
    const failures: string[] = [];
    for (const { name, reconciler } of engines.values()) {
      await reconciler
        .stop(mode)
        .catch((error: unknown) => failures.push(`backend ${name}: ${(error as Error).message}`));
    }
    await this.#keeper.close();
    this.#overrides[Symbol.dispose]();
    this.#doubt[Symbol.dispose]();
    this.#blockWatch[Symbol.dispose]();
    this.#handlesTimer?.[Symbol.dispose]();
    this.#handles[Symbol.dispose]();
    await prepared.dispose();
    this.#ended();
    if (failures.length > 0)
      throw new SluiceError('SLUICE_KERNEL', `not all could be ended: ${failures.join('; ')}`);
  }

  /** Rules that a former run left with a backend, or a table, that this configuration no longer uses. */
  async #withdrawLeftovers(): Promise<void> {
    const { engines, prepared } = this.#generation;
    const places = new Set([...engines.values()].map(placeOf));
    for (const [name, options] of Object.entries(this.#options.saved?.backends ?? {})) {
      const leftover = await prepared.engine(name, options).catch(() => null);
      if (leftover === null) continue;
      await this.#end([leftover], places.has(placeOf(leftover)) ? 'keep' : 'withdraw');
    }
  }

  #generationOf(prepared: DaemonOptions['first'], number: number): Promise<Generation> {
    return Generation.open({
      number,
      prepared,
      clock: this.#options.clock,
      runner: this.#runner,
      doubt: this.#doubt,
      overrides: this.#overrides,
      tell: (event) => this.tell(event),
      touched: () => this.#keeper.touch(),
    });
  }

  #serve(generation: Generation): void {
    for (const engine of generation.engines.values()) engine.reconciler.host = generation.host(engine);
  }

  async #preflight(): Promise<void> {
    for (const { name, reconciler } of this.#generation.engines.values()) {
      const sentences = await reconciler
        .preflight()
        .catch((error: unknown) => [`preflight failed: ${(error as Error).message}`]);
      for (const key of this.#warnings.keys())
        if (key.startsWith(`preflight/${name}/`)) this.#warnings.delete(key);
      for (const [index, sentence] of sentences.entries()) this.#warn(`preflight/${name}/${index}`, sentence);
    }
  }

  #facts(): Facts {
    const generation = this.#generation;
    return {
      config: generation.prepared.config,
      book: generation.book,
      overrides: this.#overrides,
      isHeld: (record) => generation.isHeld(record),
      nextProbeInMs: (key) => generation.nextProbeInMs(key),
    };
  }

  /** Services with the targeted member; throws when there is no such member. */
  #servicesOf({ cluster, service, member }: AdminTarget): Service[] {
    const found = this.#generation.prepared.config.clusters.find(({ name }) => name === cluster);
    const services = (found?.services ?? []).filter(
      (candidate) =>
        (service === undefined || candidate.name === service) &&
        candidate.endpoints.some((endpoint) => endpoint.member === member),
    );
    const exists =
      service === undefined ? found?.members.some(({ name }) => name === member) : services.length > 0;
    if (exists !== true) {
      throw new SluiceError(
        'SLUICE_NOT_FOUND',
        `no such member: ${targetText({ cluster, member, ...(service === undefined ? {} : { service }) })}`,
      );
    }
    return services;
  }

  #configuredAdmin({ cluster, service, member }: AdminTarget): Admin {
    const found = this.#generation.prepared.config.clusters.find(({ name }) => name === cluster);
    if (service === undefined) return found?.members.find(({ name }) => name === member)?.admin ?? 'enabled';
    const override = this.#overrides.ofMember(cluster, member);
    return (
      override?.admin ??
      this.#generation.book.records.get(`${cluster}/${service}/${member}`)?.endpoint.admin ??
      'enabled'
    );
  }

  #overrideEnded(target: string): void {
    const parts = target.split('/');
    const [cluster, second, third] = parts as [string, string, string?];
    const admin =
      third === undefined ? { cluster, member: second } : { cluster, service: second, member: third };
    this.tell({
      kind: 'admin',
      subject: target,
      message: `${target}: its time is up, back to what the configuration says`,
    });
    this.#generation.adminChanged(this.#servicesOf(admin));
    void this.#keeper.saveOverrides();
  }

  #forget(targets: readonly string[]): void {
    for (const target of targets) {
      this.tell({
        kind: 'admin',
        subject: target,
        message: `${target} is gone from the configuration: its override is forgotten`,
      });
    }
    if (targets.length > 0) void this.#keeper.saveOverrides();
  }

  /** A short hold is no news; who held the loop for long is named, a plugin by the ledger of faults. */
  #held(blockedMs: number): void {
    const { clock, log } = this.#options;
    if (lastBlocker(clock.monotonicMs() - blockedMs - TELL_BLOCK_MS) !== undefined) return;
    this.#blockWatch.suspect();
    if (blockedMs < TELL_BLOCK_MS) return;
    log.warn(
      { blockedMs: Math.round(blockedMs) },
      'the event loop was held: this host is busy, or sluice is',
    );
  }

  /** A check that leaks is named long before the descriptors run out; so is one that left some when it went. */
  #countHandles(): void {
    const { clock, faults } = this.#options;
    this.#handlesTimer = clock.after(COUNT_HANDLES_MS, () => {
      const { book, prepared } = this.#generation;
      this.#handles.fileExcess(book.probes.size, faults);
      const alive = new Set(prepared.registry.loaded().map(({ plugin }) => pluginId(plugin)));
      this.#handles.fileLeaks(alive, faults);
      this.#countHandles();
    });
  }

  #warn(key: string, sentence: string | null, over?: string): void {
    if (sentence === null) this.#warnings.delete(key);
    else this.#warnings.set(key, sentence);
    const message = sentence ?? over;
    if (message !== undefined) this.tell({ kind: 'warning', subject: 'sluice', message });
  }

  /** Into the journal and the log. */
  tell(event: NewEvent): void {
    this.journal.add(event);
    logEvent(this.#options.log, event);
  }
}
