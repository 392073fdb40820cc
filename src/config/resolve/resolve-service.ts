// SPDX-License-Identifier: MIT
import type { Capabilities } from '../../plugin/api.js';
import type { CheckSpec, Endpoint, Listen, Member, Service, Threshold, WatchSpec } from '../../model.js';
import type { Family, Forwarding, Persistence, Scheduler } from '../../virtual-service.js';
import { readAddress } from '../address.js';
import { readPercent } from '../formats.js';
import { readFwmark } from '../fwmark.js';
import { readAddressPort, readListen } from '../listen.js';
import type { RawDefaults, RawOverride, RawService, RawThreshold } from '../schema/raw.js';
import { durationMs, must } from './must.js';
import type { Settings } from './settings.js';

export interface ResolvedService {
  readonly service: Service;
  /** For each of the service's listens, which of its `listen` texts it comes from. */
  readonly listenOrigins: readonly number[];
}

/** A service with everything filled in; its members are those that exist, the others are somebody's error. */
export function resolveService(
  cluster: string,
  name: string,
  settings: Settings,
  members: readonly Member[],
  backend: { readonly name: string; readonly capabilities: Capabilities },
  checks: readonly CheckSpec[],
  watches: readonly WatchSpec[],
): ResolvedService {
  const { capabilities } = backend;
  const serving = servingMembers(settings.service, members);
  const resolvedListens = resolveListens(settings.service, serving, capabilities);
  const listens = resolvedListens.map(({ listen }) => listen);
  const port = settings.service.port ?? null;
  const fallback = settings.get('fallback');
  const id = `${cluster}/${name}`;
  const ports = [...new Set(listens.flatMap(portsOf))].toSorted((a, b) => a - b);
  const { fwmark } = settings.service;
  const service: Service = {
    id,
    cluster,
    name,
    listens,
    fwmark: fwmark === undefined ? null : must(readFwmark(fwmark)),
    port,
    backend: backend.name,
    scheduler: resolveScheduler(settings.get('scheduler'), capabilities),
    persistence: resolvePersistence(settings.get('persistence')),
    forwarding: resolveForwarding(settings.get('forwarding'), capabilities),
    sourceNat: resolveSourceNat(settings.get('source_nat')),
    checks,
    watches,
    rescue: settings.get('rescue') ?? false,
    fallback: fallback === undefined ? null : must(readAddressPort(fallback)),
    minUp: resolveMinUp(settings.get('min_up')),
    onAllDown: settings.get('on_all_down') ?? (fallback === undefined ? 'refuse' : 'fallback'),
    panic: resolvePanic(settings.get('panic')),
    onDown: resolveOnDown(settings.get('on_down'), capabilities),
    flap: resolveFlap(settings.get('flap')),
    slowStartMs: durationMs(settings.get('slow_start'), 0),
    drainMs: durationMs(settings.get('drain'), 300_000),
    limits: resolveLimits(settings.get('limits')),
    endpoints: serving.map((member) =>
      resolveEndpoint(id, cluster, name, member, overrideOf(settings.service, member.name), port, ports),
    ),
  };
  return { service, listenOrigins: resolvedListens.map(({ origin }) => origin) };
}

/** In the order of the cluster, whatever the order in the service's own list. */
function servingMembers(service: RawService, members: readonly Member[]): readonly Member[] {
  const { members: chosen } = service;
  return isNameList(chosen) ? members.filter((member) => chosen.includes(member.name)) : members;
}

export function overrideOf(service: RawService, member: string): RawOverride {
  const { members } = service;
  if (members === undefined || isNameList(members) || !Object.hasOwn(members, member)) return {};
  return members[member] ?? {};
}

export function isNameList(members: RawService['members']): members is readonly string[] {
  return Array.isArray(members);
}

/** The `listen` texts of a service. */
export function listenTexts(service: RawService): readonly string[] {
  const { listen } = service;
  if (listen === undefined) return [];
  return typeof listen === 'string' ? [listen] : listen;
}

interface ResolvedListen {
  readonly listen: Listen;
  readonly origin: number;
}

function resolveListens(
  service: RawService,
  members: readonly Member[],
  capabilities: Capabilities,
): ResolvedListen[] {
  return listenTexts(service).flatMap((text, origin): ResolvedListen[] => {
    const { on, protocol, port, portLast } = must(readListen(text));
    if ('address' in on) return [{ listen: { ...on, interface: null, protocol, port, portLast }, origin }];
    // An interface has addresses of both families; those count that every member can serve.
    const families = ([4, 6] as const).filter(
      (family) => capabilities.families.includes(family) && members.every(serves(family, capabilities)),
    );
    return families.map((family) => ({
      listen: { family, address: '', interface: on.interface, protocol, port, portLast },
      origin,
    }));
  });
}

function serves(family: Family, capabilities: Capabilities): (member: Member) => boolean {
  return (member) => capabilities.translatesFamily || member.addresses[family] !== undefined;
}

function portsOf(listen: Listen): number[] {
  return Array.from({ length: listen.portLast - listen.port + 1 }, (_, offset) => listen.port + offset);
}

function resolveEndpoint(
  serviceId: string,
  cluster: string,
  service: string,
  member: Member,
  override: RawOverride,
  servicePort: number | null,
  listenedPorts: readonly number[],
): Endpoint {
  const port = override.port ?? servicePort;
  return {
    id: `${serviceId}/${member.name}`,
    cluster,
    service,
    member: member.name,
    addresses: member.addresses,
    port: port ?? (listenedPorts.length === 1 ? (listenedPorts[0] ?? null) : null),
    ports: port === null ? listenedPorts : [port],
    weight: override.weight ?? member.weight,
    admin: override.admin ?? member.admin,
    labels: member.labels,
  };
}

function resolveScheduler(raw: RawDefaults['scheduler'], capabilities: Capabilities): Scheduler {
  const { name, flags = [] } = typeof raw === 'object' ? raw : { name: raw ?? 'round-robin' };
  const canonical = Object.hasOwn(capabilities.schedulerAliases, name)
    ? (capabilities.schedulerAliases[name] ?? name)
    : name;
  return { name: canonical, flags: [...flags] };
}

function resolvePersistence(raw: RawDefaults['persistence']): Persistence | null {
  if (raw === undefined) return null;
  const {
    timeout,
    netmask = 32,
    netmask6 = 128,
    on_down: onDown = 'rebalance',
  } = typeof raw === 'string' ? { timeout: raw } : raw;
  const timeoutMs = durationMs(timeout, 0);
  return timeoutMs === 0 ? null : { timeoutMs, netmask, netmask6, onDown };
}

function resolveForwarding(raw: RawDefaults['forwarding'], capabilities: Capabilities): Forwarding {
  if (typeof raw === 'object') return { mode: 'tunnel', tunnel: raw.tunnel, port: raw.port ?? null };
  const mode =
    raw ?? (capabilities.forwarding.includes('nat') ? 'nat' : (capabilities.forwarding[0] ?? 'nat'));
  return mode === 'tunnel' ? { mode, tunnel: 'ipip', port: null } : { mode };
}

function resolveSourceNat(raw: RawDefaults['source_nat']): string {
  if (raw === undefined || raw === 'none' || raw === 'masquerade') return raw ?? 'none';
  return must(readAddress(raw)).address;
}

function resolveMinUp(raw: RawDefaults['min_up']): Service['minUp'] {
  if (typeof raw !== 'object') {
    const threshold = resolveThreshold(raw ?? 1);
    return { down: threshold, up: threshold };
  }
  return { down: resolveThreshold(raw.down), up: resolveThreshold(raw.up ?? raw.down) };
}

function resolveThreshold(raw: RawThreshold): Threshold {
  return typeof raw === 'number' ? { count: raw } : { percent: must(readPercent(raw)) };
}

function resolvePanic(raw: RawDefaults['panic']): Service['panic'] {
  if (raw === undefined) return null;
  return { share: must(readPercent(raw.share ?? '100%')), withinMs: durationMs(raw.within, 5000) };
}

function resolveOnDown(raw: RawDefaults['on_down'], capabilities: Capabilities): Service['onDown'] {
  const flush = capabilities.hygiene ? 'flush' : 'keep';
  return { rule: 'remove', udp: flush, tcp: 'keep', unanswered: flush, ...raw };
}

function resolveFlap(raw: RawDefaults['flap']): Service['flap'] {
  if (raw === undefined) return null;
  return {
    changes: raw.changes ?? 4,
    withinMs: durationMs(raw.within, 60_000),
    holdMs: durationMs(raw.hold, 120_000),
  };
}

function resolveLimits(raw: RawDefaults['limits']): Service['limits'] {
  return raw === undefined ? null : { upper: raw.upper ?? 0, lower: raw.lower ?? 0 };
}
