// SPDX-License-Identifier: MIT
/** A service in the terms of the table: what its elements are, and what that means. Pure. */
import { frontendKey, type AddressFrontend, type RealServer, type VirtualService } from 'sluice';
import { balancingChain, isDraw, type BalancingChain } from './chains.js';
import { serverOfKey } from './keys.js';
import { setNames } from './sets.js';

/** An entry in a map of slots. */
export interface SlotPlace {
  readonly map: string;
  readonly slot: number;
}

/** All that the table holds (or shall hold) for one service. */
export interface HeldService {
  readonly frontend: AddressFrontend;
  /** Where the service's entry leads; null without an entry. */
  readonly chain: string | null;
  /** The number of slots that the chain draws from; -1 when its rule is not what it should be. */
  readonly modulus: number;
  /** The map that has the slots: the one that the chain draws from, if it draws at all. */
  readonly map: string | null;
  /** Server keys by slot; holes are empty strings. */
  readonly slots: readonly string[];
  /** Slots in maps that the chain does not draw from. */
  readonly misplaced: readonly SlotPlace[];
  readonly refused: boolean;
  readonly masqueraded: boolean;
  readonly source: string | null;
}

/** A service this backend can't hold, with the reason: what the capabilities rule out. */
export class UnsupportedService extends Error {}

/** The frontend and chain of a service. Throws {@link UnsupportedService}. */
export function chainOfService(service: VirtualService): {
  readonly frontend: AddressFrontend;
  readonly chain: BalancingChain;
} {
  const { frontend, scheduler, forwarding, slots } = service;
  if (frontend.kind !== 'address' || frontend.portLast !== frontend.port) {
    throw new UnsupportedService('backend nftables holds one address and port a service');
  }
  if (!isDraw(scheduler.name)) throw unsupported(`scheduler ${scheduler.name}`);
  if (scheduler.flags.length > 0) throw unsupported(`scheduler flag ${scheduler.flags[0]}`);
  if (forwarding.mode !== 'nat') throw unsupported(`forwarding ${forwarding.mode}`);
  if (service.persistence !== null) throw unsupported('persistence');
  if (service.rescue) throw unsupported('rescue');
  if (service.limits !== null) throw unsupported('limits');
  if (slots === null) throw new UnsupportedService('backend nftables needs shares dealt in slots');
  const strange = service.members.find(({ address }) => address.includes(':') !== (frontend.family === 6));
  if (strange !== undefined) throw unsupported(`a member of the other address family (${strange.address})`);
  return { frontend, chain: balancingChain(frontend, scheduler.name, slots.length) };
}

function unsupported(what: string): UnsupportedService {
  return new UnsupportedService(`backend nftables does not support ${what}`);
}

/** What the table holds when it holds this service with its slots in `map`: the family's first if not told. */
export function heldOf(service: VirtualService, map?: string | null): HeldService {
  return heldBy(service, chainOfService(service), map);
}

/** The same, where the chain is known already. */
export function heldBy(
  service: VirtualService,
  { frontend, chain }: ReturnType<typeof chainOfService>,
  map?: string | null,
): HeldService {
  return {
    frontend,
    chain: chain.name,
    modulus: chain.slots,
    map: chain.slots === 0 ? null : (map ?? setNames(frontend.family).slots),
    slots: service.slots ?? [],
    misplaced: [],
    refused: chain.slots === 0,
    masqueraded: service.sourceNat === 'masquerade',
    source: service.sourceNat === 'none' || service.sourceNat === 'masquerade' ? null : service.sourceNat,
  };
}

/**
 * The service that the table's elements make up, `chain` being the sound chain that its entry leads to. Null
 * when they contradict each other: then it has to be put in order before anybody may rely on it.
 */
export function serviceOf(held: HeldService, chain: BalancingChain): VirtualService | null {
  if (held.refused !== (chain.slots === 0)) return null;
  if (held.masqueraded && held.source !== null) return null;
  const slots = Array.from({ length: chain.slots }, (_, slot) => held.slots[slot] ?? '');
  return {
    key: frontendKey(held.frontend),
    service: '',
    frontend: held.frontend,
    scheduler: { name: chain.draw, flags: [] },
    forwarding: { mode: 'nat' },
    sourceNat: held.masqueraded ? 'masquerade' : (held.source ?? 'none'),
    persistence: null,
    rescue: false,
    limits: null,
    members: membersOf(slots),
    slots,
  };
}

/** Members as their slots show them: the weight is the number of slots. */
function membersOf(slots: readonly string[]): RealServer[] {
  const shares = new Map<string, number>();
  for (const key of slots) if (key !== '') shares.set(key, (shares.get(key) ?? 0) + 1);
  return [...shares]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, weight]) => ({ ...serverOfKey(key), weight, state: 'active', endpoint: '' }));
}
