// SPDX-License-Identifier: MIT
import { serverKey, type VirtualService } from '../virtual-service.js';
import { dealSlots } from './deal.js';
import { slotCount } from './slots.js';

/**
 * A service whose members were changed after its slots had been dealt, with the slots dealt to suit: members
 * that were taken out keep their homes, so that the others' shares stay where they are.
 * @param original as it was computed, members and slots in agreement
 * @param held what the engine holds now, whose slots move as little as may be
 */
export function redealt(
  service: VirtualService,
  original: VirtualService,
  held: VirtualService | undefined,
): VirtualService {
  if (original.slots === null || service.members === original.members) return service;
  const weights = activeWeights(service);
  const homes = activeWeights(original);
  const keys = [...new Set([...homes.keys(), ...weights.keys()])];
  const members = keys.map((key) => ({
    key,
    weight: weights.get(key) ?? 0,
    homeWeight: homes.get(key) ?? weights.get(key) ?? 0,
  }));
  const { name } = service.scheduler;
  const count = original.slots.length || slotCount([...weights.values()], name);
  const spread = name === 'source-hash' ? 'hashed' : 'smooth';
  return { ...service, slots: dealSlots(members, count, held?.slots ?? original.slots, spread) };
}

function activeWeights(service: VirtualService): Map<string, number> {
  const active = service.members.filter(({ state }) => state === 'active');
  return new Map(active.map((member) => [serverKey(member), member.weight]));
}
