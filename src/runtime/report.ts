// SPDX-License-Identifier: MIT
import type { DaemonApi } from '../daemon-api.js';
import type { Config, Endpoint, Listen, Member, Service } from '../model.js';
import type { EndpointStatus, Explanation, ResultStatus, ServiceStatus } from '../status.js';
import { frontendKey, serverKey } from '../virtual-service.js';
import type { Overrides } from './admin.js';
import { combinedHealth, type EndpointRecord, type HealthBook, type Part } from './health-book.js';
import type { ProbeResult } from './probe.js';
import { summary } from './summary.js';
import type { Sighting } from './watch-desk.js';

/** What a report is drawn from. */
export interface Facts {
  readonly config: Config;
  readonly book: HealthBook;
  readonly overrides: Overrides;
  /** Whether the engine gives it new connections, as far as known. */
  readonly isHeld: (record: EndpointRecord) => boolean;
  /** How long until the probe of that key starts; null when not scheduled. */
  readonly nextProbeInMs: (probeKey: string) => number | null;
  /** What watches have seen of an endpoint. */
  readonly sightings: (endpoint: string) => readonly Sighting[];
}

export function* clusterStatuses(facts: Facts): ReturnType<DaemonApi['clusters']> & Generator {
  for (const cluster of facts.config.clusters) {
    yield {
      name: cluster.name,
      members: cluster.members.map((member) => ({
        name: member.name,
        address: addressesOf(member)[0] ?? member.hostname?.name ?? '',
        addresses: addressesOf(member),
        admin: facts.overrides.ofMember(cluster.name, member.name)?.admin ?? member.admin,
        weight: member.weight,
        labels: member.labels,
      })),
      services: serviceStatuses(facts, cluster.services),
    };
  }
}

function* serviceStatuses(facts: Facts, services: readonly Service[]): Generator<ServiceStatus> {
  for (const service of services) {
    yield {
      name: service.name,
      state: facts.book.serviceState(service),
      backend: service.backend,
      listen: service.listens.map(listenText),
      fwmark: service.fwmark === null ? null : markText(service.fwmark),
      scheduler: [service.scheduler.name, ...service.scheduler.flags].join(' '),
      endpoints: service.endpoints.map((endpoint) =>
        endpointStatus(facts, facts.book.records.get(endpoint.id)!),
      ),
    };
  }
}

export function endpointStatus(facts: Facts, record: EndpointRecord): EndpointStatus {
  const { endpoint } = record;
  const combined = combinedHealth(record);
  const view = facts.book.view(endpoint.id);
  const [newest] = resultsOf(facts, record);
  return {
    id: endpoint.id,
    member: endpoint.member,
    address: addressesOf(endpoint)[0] ?? '',
    port: endpoint.ports.length === 1 ? endpoint.ports[0]! : null,
    ports: endpoint.ports,
    state: combined.state,
    admin: view.admin,
    weight: endpoint.weight,
    effective_weight: view.weight,
    in_rotation: facts.isHeld(record),
    since: combined.since === null ? null : time(combined.since),
    reason: combined.reason,
    last_result: newest === undefined ? null : resultStatus(newest),
  };
}

export function explain(facts: Facts, record: EndpointRecord): Explanation {
  const { endpoint, service } = record;
  const override = facts.overrides.of(endpoint);
  const explanation = {
    endpoint: endpointStatus(facts, record),
    service: {
      id: service.id,
      state: facts.book.serviceState(service),
      listen: service.listens.map(listenText),
    },
    admin: {
      configured: endpoint.admin,
      override: override && {
        admin: override.admin,
        target: override.target,
        since: time(override.since),
        until: override.until === null ? null : time(override.until),
      },
    },
    checks: record.parts.map((part) => checkExplanation(facts, part)),
    watches: facts.sightings(endpoint.id).map(watchExplanation),
    rule: {
      in_rotation: facts.isHeld(record),
      changed_at: record.rule.changedAt === null ? null : time(record.rule.changedAt),
      reason: record.rule.reason,
    },
  };
  return { ...explanation, summary: summary(explanation) };
}

function checkExplanation(facts: Facts, part: Part): Explanation['checks'][number] {
  const { spec, target, key } = part.probe;
  return {
    type: spec.type,
    target: serverKey(target),
    state: part.health.state,
    interval_ms: spec.intervalMs,
    timeout_ms: spec.timeoutMs,
    rise: spec.rise,
    fall: spec.fall,
    streak: part.health.streak,
    next_probe_in_ms: facts.nextProbeInMs(key),
    shared_with: part.probe.parts
      .map(({ record }) => record.endpoint.id)
      .filter((id) => id !== part.record.endpoint.id),
    results: facts.book.resultsOf(key).map(resultStatus),
  };
}

function watchExplanation({ spec, signs, last, actedAt }: Sighting): Explanation['watches'][number] {
  return {
    type: spec.type,
    on: spec.on,
    count: spec.count,
    within_ms: spec.withinMs,
    signs,
    last: last && { at: time(last.at), kind: last.sign.kind, reason: last.sign.reason },
    acted_at: actedAt === null ? null : time(actedAt),
  };
}

/** Of all its probes, newest first. */
function resultsOf(facts: Facts, record: EndpointRecord): ProbeResult[] {
  return record.parts
    .flatMap(({ probe }) => facts.book.resultsOf(probe.key).slice(0, 1))
    .toSorted((a, b) => b.at - a.at);
}

/** The pairs of frontend and server that stand for an endpoint in the kernel. */
export function rulesOf({
  service,
  endpoint,
}: EndpointRecord): { readonly frontend: string; readonly server: string }[] {
  return service.listens.flatMap((listen) => {
    const address = endpoint.addresses[listen.family] ?? addressesOf(endpoint)[0];
    const port = endpoint.port ?? listen.port;
    if (address === undefined) return [];
    return [{ frontend: frontendKey({ kind: 'address', ...listen }), server: serverKey({ address, port }) }];
  });
}

function addressesOf({ addresses }: Member | Endpoint): string[] {
  return [addresses[4], addresses[6]].filter((address) => address !== undefined);
}

function listenText(listen: Listen): string {
  const address = listen.interface ?? listen.address;
  return frontendKey({ ...listen, kind: 'address', address });
}

function markText({ mark, mask }: { mark: number; mask: number }): string {
  return mask === 0xffffffff ? `${mark}` : `${mark}/0x${mask.toString(16)}`;
}

export function resultStatus({ outcome, at, tookMs }: ProbeResult): ResultStatus {
  return {
    verdict: outcome.verdict,
    at: time(at),
    took_ms: Math.round(tookMs * 100) / 100,
    reason: outcome.reason,
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
