// SPDX-License-Identifier: MIT
import type { Service } from '../model.js';
import type { Capabilities } from '../plugin/api.js';
import { frontendKey, serverKey, type RealServer, type VirtualService } from '../virtual-service.js';
import { dealSlots } from './deal.js';
import { frontendsOf } from './frontends.js';
import { mergeMembers, placesOf, realServer, type EndpointView, type Place } from './members.js';
import { fixedSlotCount, slotCount } from './slots.js';

export type { EndpointView } from './members.js';

/**
 * What an engine should hold for one service: one virtual service per frontend. `view` is what is known of an
 * endpoint by its id; `held` what the engine holds now, by frontend key: an endpoint without any result yet
 * serves only if it is held already, and slots are dealt on from those held.
 */
export function computeService(
  service: Service,
  view: (endpointId: string) => EndpointView,
  held: (frontendKey: string) => VirtualService | undefined,
  engine: Pick<Capabilities, 'slots' | 'draining'>,
): VirtualService[] {
  return frontendsOf(service).map((frontend) => {
    const key = frontendKey(frontend);
    const before = held(key);
    const places = placesOf(service.endpoints, frontend, view);
    const members = membersOf(service, places, before, engine.draining);
    return {
      key,
      service: service.id,
      frontend,
      scheduler: service.scheduler,
      forwarding: service.forwarding,
      sourceNat: service.sourceNat,
      persistence: service.persistence,
      rescue: service.rescue,
      limits: service.limits,
      members,
      slots: engine.slots ? slotsOf(service, places, members, before?.slots ?? null) : null,
    };
  });
}

function membersOf(
  service: Service,
  places: readonly Place[],
  before: VirtualService | undefined,
  draining: boolean,
): RealServer[] {
  const heldActive = new Set<string>();
  const heldAtAll = new Set<string>();
  for (const member of before?.members ?? []) {
    heldAtAll.add(serverKey(member));
    if (member.state === 'active') heldActive.add(serverKey(member));
  }
  const active = places.filter(
    (place) =>
      takesNew(place) &&
      (place.view.state === 'up' || (place.view.state === 'unknown' && heldActive.has(place.key))),
  );
  const serving = active.map((place) => realServer(place, 'active'));
  const leaving = places.filter((place) => draining && drains(place) && heldAtAll.has(place.key));
  const quiet = leaving.map((place) => realServer(place, 'draining'));
  return mergeMembers([
    ...(serving.length > 0 ? serving : lastResort(service, places, heldActive)),
    ...quiet,
  ]);
}

/** When nobody is left: the sorry server, those held before, or nobody, which refuses new connections. */
function lastResort(
  service: Service,
  places: readonly Place[],
  heldActive: ReadonlySet<string>,
): RealServer[] {
  if (service.onAllDown === 'fallback' && service.fallback !== null) {
    const { address, port } = service.fallback;
    // Parentheses are in no name, so that this label is nobody else's.
    return [{ address, port, weight: 1, state: 'active', endpoint: `${service.id}/(fallback)` }];
  }
  if (service.onAllDown !== 'hold') return [];
  return places
    .filter((place) => takesNew(place) && heldActive.has(place.key))
    .map((place) => realServer(place, 'active'));
}

function takesNew({ view }: Place): boolean {
  return view.admin === 'enabled' && view.weight > 0;
}

/** Keeps its connections: an operator's wish, or a weight of 0. */
function drains({ view }: Place): boolean {
  return view.state !== 'down' && (view.admin === 'drain' || (view.admin === 'enabled' && view.weight === 0));
}

/**
 * The number of slots follows from the configured weights alone, so that neither a failure nor a drain changes
 * it; only weights that move while running take a size that fits them all.
 */
function slotsOf(
  service: Service,
  places: readonly Place[],
  members: readonly RealServer[],
  previous: readonly string[] | null,
): string[] {
  const possible = places.filter(
    ({ endpoint, view }) => endpoint.admin === 'enabled' || view.admin === 'enabled',
  );
  const weights = possible.map(({ endpoint }) => endpoint.weight);
  const moving = possible.some(({ endpoint, view }) => view.weight > 0 && view.weight !== endpoint.weight);
  const count = moving ? fixedSlotCount(weights) : slotCount(weights, service.scheduler.name);
  const spread = service.scheduler.name === 'source-hash' ? 'hashed' : 'smooth';
  return dealSlots(withHomes(members, possible), count, previous, spread);
}

/** The members now and those that may come back, whose homes are kept for them. */
function withHomes(members: readonly RealServer[], possible: readonly Place[]) {
  const homeWeights = new Map<string, number>();
  for (const { key, endpoint } of possible) {
    homeWeights.set(key, (homeWeights.get(key) ?? 0) + endpoint.weight);
  }
  const weights = new Map(members.map((member) => [serverKey(member), member.weight]));
  return [...new Set([...homeWeights.keys(), ...weights.keys()])].map((key) => ({
    key,
    weight: weights.get(key) ?? 0,
    homeWeight: homeWeights.get(key) ?? 0,
  }));
}
