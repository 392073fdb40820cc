// SPDX-License-Identifier: MIT
import type { Logger } from 'pino';
import type { AdminTarget, DaemonApi } from './daemon-api.js';
import { SluiceError } from './errors.js';
import { Generation } from './generation.js';
import type { Admin } from './model.js';
import type { Clock } from './plugin/api.js';
import { type Faults, faultSentence } from './plugin/faults.js';
import { letGo, type Preparation, prepare } from './prepare.js';
import { type Override, Overrides } from './runtime/admin.js';
import { AdminDesk } from './runtime/admin-desk.js';
import { checkNow } from './runtime/check-now.js';
import { descriptorLimit } from './runtime/descriptor-limit.js';
import { type Engine, placeOf, retired } from './runtime/engines.js';
import { type Journal, type NewEvent } from './runtime/journal.js';
import { Keeper } from './runtime/keeper.js';
import { Lateness } from './runtime/lateness.js';
import { logEvent } from './runtime/log-events.js';
import { planAgainst } from './runtime/plan.js';
import { ProbeRunner } from './runtime/probe-runner.js';
import { clusterStatuses, explain, type Facts } from './runtime/report.js';
import { SelfWatch } from './runtime/self-watch.js';
import { StandingWarnings } from './runtime/standing-warnings.js';
import type { SavedState } from './runtime/state-file.js';
import type { AdminReport, CheckNow, Explanation, Plan, ReloadReport, Status } from './status.js';
import { VERSION } from './version.js';

/** Before the first rules are applied the first answers are waited for, but no longer than this. */
const FIRST_ANSWERS_MS = 1_000;
const MOST_SOCKETS = 512;
/** A sweep's target may hold a descriptor: half of what this process may have, within reason. */
const MOST_SWEPT = { share: 1 / 2, most: 16_384 };
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
  readonly #self: SelfWatch;
  readonly #runner: ProbeRunner;
  readonly #lateness = new Lateness();
  readonly #overrides: Overrides;
  readonly #admin: AdminDesk;
  readonly #keeper: Keeper;
  readonly #warnings = new StandingWarnings((event) => this.tell(event));
  #generation!: Generation;
  #configError: string | null = null;
  /** A reload waits for it: the first generation is put in force whole, or not at all. */
  #starting: Promise<void> = Promise.resolve();
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
    const { clock, log, faults, journal, first } = options;
    this.#options = options;
    this.journal = journal;
    this.#startedAt = clock.now();
    this.ended = new Promise((resolve) => {
      this.#ended = resolve;
    });
    this.#self = new SelfWatch({
      clock,
      log,
      faults,
      inForce: () => {
        const { book, prepared } = this.#generation;
        return { probes: book.probes.size, registry: prepared.registry };
      },
      onUnfit: (unfit) =>
        this.tell({ kind: 'unfit', subject: 'sluice', message: unfit ?? 'fit to judge again' }),
    });
    this.#runner = new ProbeRunner({
      clock,
      faults,
      doubt: this.#self.doubt,
      mostSockets: MOST_SOCKETS,
      mostSwept: Math.min(MOST_SWEPT.most, Math.floor(descriptorLimit() * MOST_SWEPT.share)),
      mostProcesses: MOST_PROCESSES,
    });
    this.#overrides = new Overrides(clock, options.overrides, (target) => this.#admin.ended(target));
    this.#admin = new AdminDesk({
      overrides: this.#overrides,
      generation: () => this.#generation,
      save: () => this.#keeper.saveOverrides(),
      tell: (event) => this.tell(event),
    });
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
      health: (probe) => this.#generation.book.probes.get(probe)?.parts[0]?.health,
      overrides: () => this.#overrides.all(),
      onTrouble: (sentence) => {
        if (sentence === null) this.#warnings.clear('state', 'the state directory can be written again');
        else this.#warnings.raise('state', sentence);
      },
    });
  }

  /** From a prepared configuration to rules: adopt, probe, and only then correct. */
  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const generation = this.#generation;
    this.#self.start();
    this.tell({ kind: 'start', subject: 'sluice', message: `sluice ${VERSION} with ${this.#options.file}` });
    this.#admin.prune();
    await generation.inherit(null, this.#options.saved);
    this.#serve(generation);
    await Promise.all([...generation.engines.values()].map(({ reconciler }) => reconciler.adopt()));
    await generation.doubtRestored();
    if (this.#stopping !== null) return;
    await generation.probe(null, FIRST_ANSWERS_MS);
    if (this.#stopping !== null) return;
    for (const { reconciler } of generation.engines.values()) reconciler.start();
    await this.#withdrawLeftovers();
    if (this.#stopping !== null) return;
    await generation.prepared.hooks.started({ generation: generation.number });
    await this.#preflight();
    if (this.#stopping === null) await this.#keeper.save();
  }

  statusHead(): Omit<Status, 'clusters'> {
    const { prepared, number, loadedAt, engines, book } = this.#generation;
    const iso = (ms: number): string => new Date(ms).toISOString();
    return {
      version: VERSION,
      pid: process.pid,
      role: 'active',
      started_at: iso(this.#startedAt),
      generation: number,
      config: { file: this.#options.file, loaded_at: iso(loadedAt), error: this.#configError },
      unfit: this.#self.doubt.unfit,
      dry_run: this.#options.dryRun !== null,
      probing: {
        probes: book.probes.size,
        started: this.#lateness.total,
        late_ms: this.#lateness.report(this.#options.clock.monotonicMs()),
      },
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
      warnings: this.#warnings.all,
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

  setAdmin(target: AdminTarget, admin: Admin, forMs: number | null): Promise<AdminReport> {
    return this.#admin.set(target, admin, forMs);
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
    await this.#starting;
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
      await letGo(result.prepared.engines.fresh, () => result.prepared.dispose());
      const message = 'not reloaded: the daemon is stopping';
      return {
        ok: false,
        generation: before.number,
        diagnostics: [{ severity: 'error', code: 'SLUICE_NO_DAEMON', message }],
      };
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
    this.#admin.prune();
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
        this.#warnings.raise(`former/${name}`, message);
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
    this.#self[Symbol.dispose]();
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
      doubt: this.#self.doubt,
      lateness: this.#lateness,
      overrides: this.#overrides,
      tell: (event) => this.tell(event),
      touched: (probe) => this.#keeper.touch(probe),
      faults: this.#options.faults,
      watchTrouble: (plugin, sentence) => {
        if (sentence === null) this.#warnings.clear(plugin, `${plugin} watches again`);
        else this.#warnings.raise(plugin, sentence);
      },
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
      this.#warnings.replace(`preflight/${name}`, sentences);
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
      sightings: (endpoint) => generation.sightings(endpoint),
    };
  }

  /** Into the journal and the log. */
  tell(event: NewEvent): void {
    this.journal.add(event);
    logEvent(this.#options.log, event);
  }
}
