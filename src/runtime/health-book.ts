// SPDX-License-Identifier: MIT
import type { EndpointView } from '../desired/compute.js';
import { combineHealth, type CombinedHealth } from '../health/combine.js';
import {
  type Health,
  type HealthEvent,
  initialHealth,
  restoreHealth,
  stepHealth,
} from '../health/machine.js';
import { effectiveAdmin, effectiveWeight } from '../health/weight.js';
import { serviceState, type ServiceState } from '../health/service-state.js';
import type { CheckSpec, Config, Endpoint, Service } from '../model.js';
import type { CheckOutcome, CheckTarget, HealthChange } from '../plugin/api.js';
import type { Overrides } from './admin.js';
import { gently } from './gently.js';
import { checkTargets, type Probe, probeKey, type ProbeResult } from './probe.js';
import { Results } from './results.js';

/** One check of one endpoint at one address: what the health machine steps. */
export interface Part {
  readonly probe: SharedProbe;
  readonly record: EndpointRecord;
  health: Health;
}

/** A probe and all that listen to it. */
export interface SharedProbe extends Probe {
  parts: Part[];
  /** Its place among the probes of its book. */
  readonly number: number;
  /** On the monotonic clock, while it is out; null between. */
  startedMs: number | null;
  /** A sign from traffic asked for the probe that is out: its failure is enough. */
  isVerifying: boolean;
  /** A sign came while a probe was out that had begun before: another follows at once. */
  isDoubted: boolean;
  /** What the last pass said of weight and admin state, which later failures and local faults do not unsay. */
  lastPass: PassOutcome | null;
}

type PassOutcome = Extract<CheckOutcome, { readonly verdict: 'pass' }>;

export interface EndpointRecord {
  readonly endpoint: Endpoint;
  readonly service: Service;
  parts: Part[];
  /** What the kernel was last told of it. */
  rule: { readonly changedAt: number | null; readonly reason: string };
}

export interface Absorbed {
  readonly changes: HealthChange[];
  /** Endpoints whose weight or admin state a check has changed, without a change of state. */
  readonly touched: EndpointRecord[];
  wakeAfterMs: number;
}

export interface CheckMaker {
  prober(spec: CheckSpec): Pick<Probe, 'prober' | 'sweep' | 'cost'>;
}

/** The health of all endpoints of one configuration, and the probes that feed it. */
export class HealthBook {
  readonly records = new Map<string, EndpointRecord>();
  readonly probes = new Map<string, SharedProbe>();
  readonly services = new Map<string, Service>();
  #results = new Results(0);
  readonly #serviceStates = new Map<string, ServiceState>();
  readonly #overrides: Overrides;
  readonly #isHeld: (record: EndpointRecord) => boolean;

  private constructor(overrides: Overrides, isHeld: (record: EndpointRecord) => boolean) {
    this.#overrides = overrides;
    this.#isHeld = isHeld;
  }

  /** `isHeld` tells whether the engine already serves an endpoint, for those of which nothing else is known. */
  static async open(
    config: Config,
    checks: CheckMaker,
    overrides: Overrides,
    isHeld: (record: EndpointRecord) => boolean,
  ): Promise<HealthBook> {
    const book = new HealthBook(overrides, isHeld);
    for await (const service of gently(config.clusters.flatMap(({ services }) => services))) {
      book.services.set(service.id, service);
      for (const endpoint of service.endpoints) book.#add(service, endpoint, checks);
    }
    book.#results = new Results(book.probes.size);
    return book;
  }

  /** Takes over what the saved state knows of the same probes. */
  async restore(saved: ReadonlyMap<string, Health>): Promise<void> {
    for await (const probe of gently(this.probes.values())) {
      const known = saved.get(probe.key);
      if (known === undefined) continue;
      for (const part of probe.parts) part.health = restoreHealth(known, probe.spec);
    }
  }

  /**
   * Where the restored state and the engine contradict each other, the daemon died between the two: neither is
   * believed and the first result decides; until then a member serves if the engine holds it. `isServed` tells
   * whether the engine holds the service of an endpoint at all.
   */
  async doubtRestored(isServed: (record: EndpointRecord) => boolean): Promise<void> {
    const probes = new Set<SharedProbe>();
    for await (const record of gently(this.records.values())) {
      const { state } = combinedHealth(record);
      const { admin, weight } = this.view(record.endpoint.id);
      if (state === 'unknown' || admin !== 'enabled' || weight === 0 || !isServed(record)) continue;
      if ((state === 'up') === this.#isHeld(record)) continue;
      for (const { probe } of record.parts) probes.add(probe);
    }
    for (const { parts } of probes) for (const part of parts) part.health = initialHealth();
  }

  /** Takes over from the book of the generation before: health, results, and what was last told of services. */
  async inherit(before: HealthBook): Promise<void> {
    await this.restore(before.health());
    for await (const [key, probe] of gently(this.probes)) {
      const former = before.probes.get(key);
      if (former === undefined) continue;
      for (const result of before.resultsOf(key).toReversed()) this.#results.add(probe.number, result);
      probe.lastPass = former.lastPass;
    }
    for await (const [id, record] of gently(this.records))
      record.rule = before.records.get(id)?.rule ?? record.rule;
    for (const id of this.services.keys()) {
      const state = before.#serviceStates.get(id);
      if (state !== undefined) this.#serviceStates.set(id, state);
    }
  }

  /** Health by probe, to be saved. Parts of one probe have stepped alike: one stands for all. */
  health(): Map<string, Health> {
    const all = new Map<string, Health>();
    for (const [key, { parts }] of this.probes) if (parts[0] !== undefined) all.set(key, parts[0].health);
    return all;
  }

  /** The last results of a probe, newest first. */
  resultsOf(key: string): ProbeResult[] {
    const probe = this.probes.get(key);
    return probe === undefined ? [] : this.#results.of(probe.number);
  }

  absorb(probe: SharedProbe, result: ProbeResult): Absorbed {
    const { outcome, at } = result;
    this.#results.add(probe.number, result);
    const weighed = outcome.verdict === 'pass' && !saysTheSame(probe.lastPass, outcome);
    if (outcome.verdict === 'pass') probe.lastPass = outcome;
    const { verdict, reason } = outcome;
    const event: HealthEvent =
      probe.isVerifying && verdict === 'fail'
        ? { kind: 'verified-failure', reason, at }
        : { kind: 'verdict', verdict, reason, at };
    const absorbed: Absorbed = { changes: [], touched: [], wakeAfterMs: Infinity };
    for (const part of probe.parts) this.#step(part, event, weighed, absorbed);
    return absorbed;
  }

  /** Takes an endpoint down on the word of a passive sign alone; passes bring it back. */
  takeDown(record: EndpointRecord, reason: string, at: number): Absorbed {
    const absorbed: Absorbed = { changes: [], touched: [], wakeAfterMs: Infinity };
    for (const part of record.parts)
      this.#step(part, { kind: 'verified-failure', reason, at }, false, absorbed);
    return absorbed;
  }

  #step(part: Part, event: HealthEvent, weighed: boolean, absorbed: Absorbed): void {
    const { record, probe } = part;
    const { next, change, wakeAfterMs } = stepHealth(probe.spec, part.health, event);
    // What all checks of an endpoint make together changes only when one of them does.
    const from = change === undefined ? null : combinedHealth(record).state;
    part.health = next;
    absorbed.wakeAfterMs = Math.min(absorbed.wakeAfterMs, wakeAfterMs);
    const to = from === null ? null : combinedHealth(record);
    if (from !== null && to !== null && from !== to.state) {
      const { state, reason } = to;
      absorbed.changes.push({ endpoint: record.endpoint.id, from, to: state, reason, at: event.at });
    } else if (weighed) absorbed.touched.push(record);
  }

  view(id: string): EndpointView {
    const record = this.records.get(id)!;
    const reports = record.parts.flatMap(({ probe }) => probe.lastPass ?? []);
    const wanted = this.#overrides.of(record.endpoint)?.admin ?? record.endpoint.admin;
    return {
      state: combinedHealth(record).state,
      admin: effectiveAdmin(wanted, reports),
      weight: effectiveWeight(record.endpoint.weight, reports),
    };
  }

  /** With hysteresis, hence stepped: call it whenever an endpoint of the service has changed. */
  stepServiceState(service: Service): { readonly from: ServiceState | null; readonly to: ServiceState } {
    const from = this.#serviceStates.get(service.id) ?? null;
    const members = service.endpoints.map(({ id }) => ({
      ...this.view(id),
      held: this.#isHeld(this.records.get(id)!),
    }));
    const to = serviceState(service.minUp, members, from ?? 'down');
    this.#serviceStates.set(service.id, to);
    return { from, to };
  }

  serviceState(service: Service): ServiceState {
    return this.#serviceStates.get(service.id) ?? this.stepServiceState(service).to;
  }

  #add(service: Service, endpoint: Endpoint, checks: CheckMaker): void {
    const record: EndpointRecord = {
      endpoint,
      service,
      parts: [],
      rule: { changedAt: null, reason: 'unchanged since the start of this daemon' },
    };
    for (const spec of service.checks) {
      for (const target of checkTargets(service, endpoint, spec)) {
        const probe = this.#share(spec, target, checks);
        const part = { probe, record, health: initialHealth() };
        probe.parts = grown(probe.parts, part);
        record.parts = grown(record.parts, part);
      }
    }
    this.records.set(endpoint.id, record);
  }

  #share(spec: CheckSpec, target: CheckTarget, checks: CheckMaker): SharedProbe {
    const key = probeKey(spec, target);
    let probe = this.probes.get(key);
    if (probe === undefined) {
      const number = this.probes.size;
      probe = {
        key,
        spec,
        target,
        ...checks.prober(spec),
        parts: [],
        number,
        startedMs: null,
        isVerifying: false,
        isDoubted: false,
        lastPass: null,
      };
      this.probes.set(key, probe);
    }
    return probe;
  }
}

/** Most have one part for good, and an empty array that is pushed to makes room for seventeen. */
function grown(parts: Part[], part: Part): Part[] {
  if (parts.length === 0) return [part];
  parts.push(part);
  return parts;
}

/** What all checks of an endpoint say together. */
export function combinedHealth({ parts }: EndpointRecord): CombinedHealth {
  return combineHealth(parts.map(({ health }) => health));
}

function saysTheSame(before: PassOutcome | null, now: PassOutcome): boolean {
  return before?.weight === now.weight && before?.weightIs === now.weightIs && before?.admin === now.admin;
}
