// SPDX-License-Identifier: MIT
import { dealSlots } from '../desired/deal.js';
import { slotCount } from '../desired/slots.js';
import type { Capabilities } from '../plugin/api.js';
import {
  frontendKey,
  serverKey,
  type Family,
  type Frontend,
  type Protocol,
  type RealServer,
  type VirtualService,
} from '../virtual-service.js';
import type { BackendHarness } from './backend-harness.js';

export interface KitMember {
  /** Index for the harness. */
  readonly index: number;
  readonly family?: Family;
  readonly weight?: number;
  /** Only keeps the connections it has. */
  readonly draining?: boolean;
}

export interface KitWish extends Partial<Omit<VirtualService, 'key' | 'members' | 'slots' | 'frontend'>> {
  /** Index for the harness. */
  readonly at: number;
  readonly family?: Family;
  readonly protocol?: Protocol;
  /** Instead of the harness's. */
  readonly frontend?: Frontend;
  /** Weights of the first members, or members by themselves. */
  readonly members: readonly (number | KitMember)[];
  /** Who held the slots before. */
  readonly previous?: VirtualService;
}

/** Makes services as the core would compute them for an engine. */
export class KitServices {
  readonly #harness: BackendHarness;
  readonly #can: Capabilities;

  constructor(harness: BackendHarness, can: Capabilities) {
    this.#harness = harness;
    this.#can = can;
  }

  make(wish: KitWish): VirtualService {
    const can = this.#can;
    const { at, members, previous, ...rest } = wish;
    const family = wish.frontend?.family ?? wish.family ?? can.families[0]!;
    const protocol = wish.protocol ?? protocolOf(can);
    const frontend = wish.frontend ?? this.#harness.frontend(at, family, protocol);
    const servers = members
      .map((member, index) => (typeof member === 'number' ? { index, weight: member } : member))
      .map((member) => this.#server(member, family))
      .toSorted((a, b) => (serverKey(a) < serverKey(b) ? -1 : 1));
    const scheduler = wish.scheduler ?? { name: can.schedulers[0]!, flags: [] };
    return {
      service: `kit/service-${at}`,
      forwarding: { mode: can.forwarding.includes('nat') ? 'nat' : (can.forwarding[0] as 'nat') },
      sourceNat: 'none',
      persistence: null,
      rescue: false,
      limits: null,
      ...withoutPlace(rest),
      key: frontendKey(frontend),
      frontend,
      scheduler,
      members: servers,
      slots: can.slots ? deal(servers, scheduler.name, previous) : null,
    };
  }

  #server({ index, family, weight = 1, draining = false }: KitMember, listened: Family): RealServer {
    return {
      ...this.#harness.member(index, family ?? listened),
      weight: draining ? 0 : weight,
      state: draining ? 'draining' : 'active',
      endpoint: `kit/service/member-${index}`,
    };
  }
}

function protocolOf(can: Capabilities): Protocol {
  return can.protocols.includes('tcp') ? 'tcp' : can.protocols[0]!;
}

function withoutPlace<T extends { family?: unknown; protocol?: unknown }>(
  wish: T,
): Omit<T, 'family' | 'protocol'> {
  const { family: _family, protocol: _protocol, ...rest } = wish;
  return rest;
}

function deal(servers: readonly RealServer[], scheduler: string, previous?: VirtualService): string[] {
  const shares = servers.map((server) => ({ key: serverKey(server), weight: server.weight }));
  const weights = shares.map(({ weight }) => weight);
  const spread = scheduler === 'source-hash' ? 'hashed' : 'smooth';
  return dealSlots(shares, slotCount(weights, scheduler), previous?.slots ?? null, spread);
}
