// SPDX-License-Identifier: MIT
import type { VirtualService } from '../virtual-service.js';
import type { Capabilities } from './api.js';

/**
 * The first thing that a service asks of an engine that can't do it, in words of the config; null when it asks
 * for nothing such. The configuration has refused it by then, but plugins that adjust what is desired may ask
 * for more, and a backend refuses what it would otherwise ignore.
 */
export function unsupportedIn(service: VirtualService, can: Capabilities): string | null {
  const asks: readonly (readonly [refused: boolean, what: string])[] = [
    ...frontendAsks(service, can),
    [!can.schedulers.includes(service.scheduler.name), `scheduler \`${service.scheduler.name}\``],
    [
      service.scheduler.flags.some((flag) => !can.schedulerFlags.includes(flag)),
      `scheduler flags ${service.scheduler.flags.join(', ')}`,
    ],
    [!can.forwarding.includes(service.forwarding.mode), `forwarding \`${service.forwarding.mode}\``],
    [!allowsSourceNat(service.sourceNat, can), `source_nat \`${service.sourceNat}\``],
    [service.persistence !== null && !can.persistence, '`persistence`'],
    [service.rescue && !can.rescue, '`rescue`'],
    [service.limits !== null && !can.limits, '`limits`'],
    [service.members.length === 0 && !can.refuse, 'refusing new connections while nobody serves'],
    [mixesFamilies(service) && !can.translatesFamily, "members of another address family than the listen's"],
  ];
  return asks.find(([refused]) => refused)?.[1] ?? null;
}

function frontendAsks(
  { frontend }: VirtualService,
  can: Capabilities,
): readonly (readonly [boolean, string])[] {
  const family = [!can.families.includes(frontend.family), `IPv${frontend.family} listens`] as const;
  if (frontend.kind === 'mark') {
    const masked = frontend.mask !== 0xffffffff;
    return [
      family,
      [can.fwmark === false, '`fwmark`'],
      [masked && can.fwmark !== 'masked', 'masks of `fwmark`'],
    ];
  }
  return [
    family,
    [!can.protocols.includes(frontend.protocol), `${frontend.protocol} services`],
    [frontend.port !== frontend.portLast && !can.portRanges, 'ranges of ports in `listen`'],
  ];
}

function allowsSourceNat(sourceNat: string, can: Capabilities): boolean {
  if (sourceNat === 'none') return true;
  return can.sourceNat.includes(sourceNat === 'masquerade' ? 'masquerade' : 'address');
}

function mixesFamilies({ frontend, members }: VirtualService): boolean {
  return members.some(({ address }) => address.includes(':') !== (frontend.family === 6));
}
