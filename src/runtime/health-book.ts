// SPDX-License-Identifier: MIT
import type { EndpointView } from '../desired/compute.js';
import { combineHealth } from '../health/combine.js';
import {
  type Health,
  type HealthPolicy,
  initialHealth,
  restoreHealth,
  stepHealth,
} from '../health/machine.js';
import { effectiveAdmin, effectiveWeight } from '../health/weight.js';
import { serviceState, type ServiceState } from '../health/service-state.js';
import type { CheckSpec, Config, Endpoint, Service } from '../model.js';
import type { CheckOutcome, CheckTarget, HealthChange, Prober } from '../plugin/api.js';
import type { Overrides } from './admin.js';
import { gently } from './gently.js';
import { checkTargets, type Probe, probeKey, type ProbeResult } from './probe.js';

const RESULTS_KEPT = 10;

/** One check of one endpoint at one address: what the health machine steps. */
export interface Part {
  readonly probe: Probe;
  readonly record: EndpointRecord;
  health: Health;
}

/** A probe and all that listen to it. */
export interface SharedProbe extends Probe {
  readonly parts: Part[];
  /** Newest first. */
  readonly results: ProbeResult[];
  /** What the last pass said of weight and admin state, which later failures and local faults do not unsay. */
  lastPass: PassOutcome | null;
}

type PassOutcome = Extract<CheckOutcome, { readonly verdict: 'pass' }>;

export interface EndpointRecord {
  readonly endpoint: Endpoint;
  readonly service: Service;
  readonly parts: Part[];
  combined: Pick<Health, 'state' | 'since' | 'reason'>;
  /** What the kernel was last told of it. */
  rule: { readonly changedAt: number | null; readonly reason: string };
}

export interface Absorbed {
  readonly changes: readonly HealthChange[];
  /** Endpoints whose weight or admin state a check has changed, without a change of state. */
  readonly touched: readonly EndpointRecord[];
  readonly wakeAfterMs: number;
}

export interface CheckMaker {
  prober(spec: CheckSpec): { readonly prober: Prober; readonly cost: 'socket' | 'process' };
}

/** The health of all endpoints of one configuration, and the probes that feed it. */
export class HealthBook {
  readonly records = new Map<string, EndpointRecord>();
  readonly probes = new Map<string, SharedProbe>();
  readonly services = new Map<string, Service>();
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
    return book;
  }

  /** Takes over what the saved state knows of the same probes. */
  async restore(saved: ReadonlyMap<string, Health>): Promise<void> {
    for await (const probe of gently(this.probes.values())) {
      const known = saved.get(probe.key);
      if (known === undefined) continue;
      for (const part of probe.parts) part.health = restoreHealth(known, policyOf(probe.spec));
    }
    for await (const record of gently(this.records.values()))
      record.combined = combineHealth(record.parts.map(({ health }) => health));
  }

  /**
   * Where the restored state and the engine contradict each other, the daemon died between the two: neither is
   * believed and the first result decides; until then a member serves if the engine holds it. `isServed` tells
   * whether the engine holds the service of an endpoint at all.
   */
  async doubtRestored(isServed: (record: EndpointRecord) => boolean): Promise<void> {
    const probes = new Set<SharedProbe>();
    for await (const record of gently(this.records.values())) {
      const { state } = record.combined;
      const { admin, weight } = this.view(record.endpoint.id);
      if (state === 'unknown' || admin !== 'enabled' || weight === 0 || !isServed(record)) continue;
      if ((state === 'up') === this.#isHeld(record)) continue;
      for (const { probe } of record.parts) probes.add(this.probes.get(probe.key)!);
    }
    for (const { parts } of probes) {
      for (const part of parts) part.health = initialHealth();
      for (const { record } of parts)
        record.combined = combineHealth(record.parts.map(({ health }) => health));
    }
  }

  /** Takes over from the book of the generation before: health, results, and what was last told of services. */
  async inherit(before: HealthBook): Promise<void> {
    await this.restore(before.health());
    for await (const [key, probe] of gently(this.probes)) {
      const former = before.probes.get(key);
      probe.results.push(...(former?.results ?? []));
      probe.lastPass = former?.lastPass ?? null;
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

  absorb(probe: SharedProbe, result: ProbeResult): Absorbed {
    const changes: HealthChange[] = [];
    const touched: EndpointRecord[] = [];
    let wakeAfterMs = Infinity;
    const { outcome } = result;
    const weighed = outcome.verdict === 'pass' && weightText(probe.lastPass) !== weightText(outcome);
    if (outcome.verdict === 'pass') probe.lastPass = outcome;
    probe.results.unshift(result);
    if (probe.results.length > RESULTS_KEPT) probe.results.pop();
    const { verdict, reason } = outcome;
    for (const part of probe.parts) {
      const step = stepHealth(policyOf(probe.spec), part.health, {
        kind: 'verdict',
        verdict,
        reason,
        at: result.at,
      });
      part.health = step.next;
      wakeAfterMs = Math.min(wakeAfterMs, step.wakeAfterMs);
      const { record } = part;
      const from = record.combined.state;
      record.combined = combineHealth(record.parts.map(({ health }) => health));
      const to = record.combined.state;
      if (from !== to)
        changes.push({
          endpoint: record.endpoint.id,
          from,
          to,
          reason: record.combined.reason,
          at: result.at,
        });
      else if (weighed) touched.push(record);
    }
    return { changes, touched, wakeAfterMs };
  }

  view(id: string): EndpointView {
    const record = this.records.get(id)!;
    const reports = record.parts.flatMap(({ probe }) => {
      const { lastPass } = this.probes.get(probe.key)!;
      return lastPass === null ? [] : [lastPass];
    });
    const wanted = this.#overrides.of(record.endpoint)?.admin ?? record.endpoint.admin;
    return {
      state: record.combined.state,
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
      combined: combineHealth([]),
      rule: { changedAt: null, reason: 'unchanged since the start of this daemon' },
    };
    for (const spec of service.checks) {
      for (const target of checkTargets(service, endpoint, spec)) {
        const probe = this.#share(spec, target, checks);
        const part = { probe, record, health: initialHealth() };
        probe.parts.push(part);
        record.parts.push(part);
      }
    }
    record.combined = combineHealth(record.parts.map(({ health }) => health));
    this.records.set(endpoint.id, record);
  }

  #share(spec: CheckSpec, target: CheckTarget, checks: CheckMaker): SharedProbe {
    const key = probeKey(spec, target);
    let probe = this.probes.get(key);
    if (probe === undefined) {
      probe = { key, spec, target, ...checks.prober(spec), parts: [], results: [], lastPass: null };
      this.probes.set(key, probe);
    }
    return probe;
  }
}

function policyOf(spec: CheckSpec): HealthPolicy {
  return spec;
}

function weightText(outcome: PassOutcome | null): string {
  if (outcome === null) return '';
  const { weight, weightIs, admin } = outcome;
  return [weight, weightIs, admin].join(' ').trim();
}
