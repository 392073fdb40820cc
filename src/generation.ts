// SPDX-License-Identifier: MIT
import type { Prepared } from './prepare.js';
import type { Clock, HealthChange, WatchSignal } from './plugin/api.js';
import type { Faults } from './plugin/faults.js';
import type { Overrides } from './runtime/admin.js';
import { demandOf } from './runtime/demand.js';
import type { Doubt } from './runtime/doubt.js';
import type { Engine } from './runtime/engines.js';
import { gently } from './runtime/gently.js';
import {
  type Absorbed,
  combinedHealth,
  type EndpointRecord,
  HealthBook,
  type SharedProbe,
} from './runtime/health-book.js';
import type { Lateness } from './runtime/lateness.js';
import type { NewEvent } from './runtime/journal.js';
import type { ProbeResult } from './runtime/probe.js';
import type { ProbeRunner } from './runtime/probe-runner.js';
import type { ReconcilerHost } from './runtime/reconciler.js';
import { rulesOf } from './runtime/report.js';
import { ProbeSchedule } from './runtime/schedule.js';
import { type Sighting, WatchDesk } from './runtime/watch-desk.js';
import type { Service } from './model.js';
import type { SavedState } from './runtime/state-file.js';

export interface GenerationOptions {
  readonly number: number;
  readonly prepared: Prepared;
  readonly clock: Clock;
  readonly runner: ProbeRunner;
  readonly doubt: Doubt;
  readonly lateness: Lateness;
  readonly overrides: Overrides;
  readonly tell: (event: NewEvent) => void;
  /** Health of a probe has changed and is worth saving. */
  readonly touched: (probe: string) => void;
  readonly faults: Faults;
  /** Why a watch does not watch just now; null when it does again. */
  readonly watchTrouble: (plugin: string, sentence: string | null) => void;
}

/** One configuration in force: its health book, its probes, and what it demands of the engines. */
export class Generation {
  readonly number: number;
  readonly loadedAt: number;
  readonly prepared: Prepared;
  readonly book: HealthBook;
  readonly #options: GenerationOptions;
  readonly #schedule: ProbeSchedule;
  readonly #watching: WatchDesk;
  /** Probes whose first answer is still out; null once the first rules may be applied. */
  #awaited: { readonly probes: Set<SharedProbe>; readonly done: () => void } | null = null;
  /** Another is in force, or none: of services this one has no more to say. */
  #ended = false;

  private constructor(options: GenerationOptions, book: HealthBook) {
    const { prepared, clock, runner, lateness } = options;
    this.#options = options;
    this.number = options.number;
    this.loadedAt = clock.now();
    this.prepared = prepared;
    this.book = book;
    this.#schedule = new ProbeSchedule({
      clock,
      book: this.book,
      runner,
      lateness,
      random: Math.random,
      absorb: (probe, result) => this.#absorb(probe, result),
    });
    this.#watching = new WatchDesk({
      clock,
      faults: options.faults,
      record: (endpoint) => this.book.records.get(endpoint),
      act: (record, sighting, sign) => this.#act(record, sighting, sign),
      trouble: options.watchTrouble,
    });
  }

  /** The loop gets its turns while the book of a large configuration is opened. */
  static async open(options: GenerationOptions): Promise<Generation> {
    const { config, checks, engines } = options.prepared;
    const book = await HealthBook.open(config, checks, options.overrides, (record) =>
      isHeldBy(engines.engines, record),
    );
    return new Generation(options, book);
  }

  get engines(): ReadonlyMap<string, Engine> {
    return this.prepared.engines.engines;
  }

  /** Whether the engine gives an endpoint new connections, as far as known. */
  isHeld(record: EndpointRecord): boolean {
    return isHeldBy(this.engines, record);
  }

  /** Takes over from the generation before, whose probes have ended, or from what a former run saved. */
  async inherit(before: Generation | null, saved: SavedState | null): Promise<void> {
    if (before !== null) await this.book.inherit(before.book);
    else if (saved !== null) await this.book.restore(saved.health);
  }

  /** After a start: what a former run saved has to agree with what the engines were found to hold. */
  async doubtRestored(): Promise<void> {
    await this.book.doubtRestored((record) => {
      const reconciler = this.engines.get(record.service.backend)?.reconciler;
      return rulesOf(record).some(({ frontend }) => reconciler?.held(frontend) !== undefined);
    });
  }

  /** Probes from now on. Resolves when each probe has answered once, or after `patienceMs`. */
  async probe(before: Generation | null, patienceMs: number): Promise<void> {
    const { clock } = this.#options;
    const probes = new Set(this.book.probes.values());
    this.#schedule.start(before === null ? null : before.#schedule);
    this.#watching.start(this.prepared.watches);
    if (probes.size > 0) {
      await new Promise<void>((resolve) => {
        const patience = clock.after(patienceMs, resolve);
        const done = (): void => {
          patience[Symbol.dispose]();
          resolve();
        };
        this.#awaited = { probes, done };
      });
      this.#awaited = null;
    }
    for await (const service of gently(this.book.services.values())) {
      if (this.#ended) return;
      this.#stepService(service);
    }
  }

  endProbing(): void {
    this.#ended = true;
    this.#awaited?.done();
    this.#watching[Symbol.dispose]();
    this.#schedule[Symbol.dispose]();
  }

  /** What watches have seen of an endpoint. */
  sightings(endpoint: string): readonly Sighting[] {
    return this.#watching.of(endpoint);
  }

  nextProbeInMs(key: string): number | null {
    return this.#schedule.nextInMs(key);
  }

  /** What this generation asks of one engine, and hears from it. */
  host(engine: Engine): ReconcilerHost {
    const { hooks } = this.prepared;
    const { tell, clock } = this.#options;
    const backend = engine.name;
    return {
      ...demandOf(this.book, backend, engine.plugin.capabilities),
      adjust: hooks.adjusts ? (services, held) => hooks.adjustDesired(services, { backend }, held) : null,
      veto: (change) => hooks.beforeApply({ backend, change }),
      applied: (change, report, tookMs) => {
        const applied = new Set(report.applied);
        for (const { key, operations } of change.changes) {
          if (!applied.has(key)) continue;
          for (const operation of operations) {
            if (operation.op !== 'add-member' && operation.op !== 'remove-member') continue;
            const record = this.book.records.get(operation.member.endpoint);
            if (record === undefined) continue;
            const added = operation.op === 'add-member';
            const reason = added ? 'added' : `removed: ${operation.reason}`;
            record.rule = { changedAt: clock.now(), reason: `${reason} (${key})` };
          }
        }
        tell({
          kind: 'apply',
          subject: backend,
          message: applyText(change.changes.length, report.failed.length, tookMs),
        });
        void hooks.afterApply({ backend, change, report, tookMs });
      },
      trouble: (sentence) => {
        const message = sentence ?? `backend ${backend} holds what it should again`;
        tell({ kind: 'warning', subject: `backend/${backend}`, message });
      },
      drifted: (what) => {
        tell({
          kind: 'drift',
          subject: `backend/${backend}`,
          message: `somebody else changed our rules (${what}): repairing`,
        });
      },
    };
  }

  /** An operator's word has changed what these services should hold. */
  adminChanged(services: Iterable<Service>): void {
    for (const service of services) this.#dirty(service);
  }

  #absorb(probe: SharedProbe, result: ProbeResult): number {
    noteExhaustion(this.#options.doubt, result);
    const absorbed = this.book.absorb(probe, result);
    this.#take(absorbed, [probe]);
    if (probe.isVerifying && result.outcome.verdict === 'pass')
      for (const { record } of probe.parts) this.#watching.contradicted(record.endpoint.id);
    this.#answered(probe);
    return absorbed.wakeAfterMs;
  }

  #take({ changes, touched }: Absorbed, probes: readonly SharedProbe[]): void {
    for (const change of changes) this.#changed(change);
    for (const { service } of touched) this.#dirty(service);
    if (changes.length > 0) for (const { key } of probes) this.#options.touched(key);
  }

  /** Signs against an endpoint that is down, or that nobody has judged yet, say nothing new. */
  #act(record: EndpointRecord, { plugin, spec }: Sighting, { reason }: WatchSignal): void {
    if (combinedHealth(record).state !== 'up') return;
    const { id } = record.endpoint;
    const seen = `${plugin} saw: ${reason}`;
    const follows = { down: 'taken down', verify: 'probing at once', observe: 'only observed' }[spec.on];
    this.#options.tell({ kind: 'signal', subject: id, message: `${seen}; ${follows}` });
    if (spec.on === 'verify') for (const { probe } of record.parts) this.#schedule.verify(probe);
    if (spec.on !== 'down') return;
    const absorbed = this.book.takeDown(record, seen, this.#options.clock.now());
    this.#take(
      absorbed,
      record.parts.map(({ probe }) => probe),
    );
    for (const { probe } of record.parts) this.#schedule.hasten(probe, absorbed.wakeAfterMs);
  }

  #changed(change: HealthChange): void {
    const { endpoint, from, to, reason } = change;
    this.#options.tell({ kind: 'health', subject: endpoint, from, to, message: reason });
    this.prepared.hooks.healthChanged(change);
    this.#dirty(this.book.records.get(endpoint)!.service);
  }

  #dirty(service: Service): void {
    // While first answers are still out, a service is no news: half of its members have not spoken.
    if (this.#awaited === null) this.#stepService(service);
    this.engines.get(service.backend)!.reconciler.mark(service.id);
  }

  #stepService(service: Service): void {
    const { from, to } = this.book.stepServiceState(service);
    if (from !== to) {
      const up = service.endpoints.filter(({ id }) => this.book.view(id).state === 'up').length;
      const message = `${up} of ${service.endpoints.length} members up`;
      this.#options.tell({ kind: 'service', subject: service.id, from: from ?? 'unknown', to, message });
    }
  }

  #answered(probe: SharedProbe): void {
    if (this.#awaited === null || !this.#awaited.probes.delete(probe)) return;
    if (this.#awaited.probes.size === 0) this.#awaited.done();
  }
}

function isHeldBy(engines: ReadonlyMap<string, Engine>, record: EndpointRecord): boolean {
  const reconciler = engines.get(record.service.backend)?.reconciler;
  return rulesOf(record).some(({ frontend, server }) => reconciler?.holds(frontend, server) === true);
}

function applyText(changed: number, failed: number, tookMs: number): string {
  const services = `${changed} ${changed === 1 ? 'service' : 'services'} changed in ${tookMs.toFixed(1)} ms`;
  return failed === 0 ? services : `${services}, ${failed} refused`;
}

/** A check that ran out of descriptors or ports says something of this host. */
function noteExhaustion(doubt: Doubt, { outcome }: ProbeResult): void {
  if (outcome.verdict !== 'inconclusive') return;
  const code = outcome.details?.['code'];
  if (code === 'EMFILE' || code === 'ENFILE')
    doubt.note('descriptors', 'this process has run out of file descriptors: raise its LimitNOFILE');
  if (code === 'EADDRNOTAVAIL' || code === 'EADDRINUSE') {
    doubt.note('ports', 'this host has run out of local ports: widen net.ipv4.ip_local_port_range');
  }
}
