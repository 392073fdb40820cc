// SPDX-License-Identifier: MIT
import {
  NF_ACCEPT,
  NFT_DATA_VERDICT,
  type HeldChain,
  type HeldRule,
  type HeldSet,
  type SetDefinition,
} from 'sluice/kernel';
import type { Rule } from './rule.js';
import { isSameRule } from './same-rule.js';
import { TABLE_SETS, slotMap } from './sets.js';
import { skeletonChains, type ProbeTimeouts } from './skeleton.js';
import { furtherMapFamily } from './slot-maps.js';

/** Whether the part of the table that no service changes is what we made. */
export function isSoundSkeleton(
  chains: readonly HeldChain[],
  rules: ReadonlyMap<string, readonly HeldRule[]>,
  sets: readonly HeldSet[],
  probes: ProbeTimeouts,
  uid: number,
): boolean {
  const setsByName = new Map(sets.map((set) => [set.name, set]));
  const soundSets =
    TABLE_SETS.every(({ definition }) => isSoundSet(setsByName.get(definition.name), definition)) &&
    sets.every((set) => {
      const family = furtherMapFamily(set.name);
      return family === null || isSoundSet(set, slotMap(set.name, family).definition);
    });
  const chainsByName = new Map(chains.map((chain) => [chain.name, chain]));
  return (
    soundSets &&
    skeletonChains(probes, uid).every(({ name, base, rules: wanted }) => {
      const chain = chainsByName.get(name);
      if (chain === undefined) return false;
      const hooked =
        base === null
          ? chain.base === null
          : chain.base?.type === base.type &&
            chain.base.hook === base.hook &&
            chain.base.priority === base.priority &&
            chain.policy === NF_ACCEPT;
      return hooked && areSameRules(rules.get(name) ?? [], wanted);
    })
  );
}

function isSoundSet(set: HeldSet | undefined, { keyBytes, data }: SetDefinition): boolean {
  if (set === undefined || set.keyBytes !== keyBytes) return false;
  if (data === undefined) return set.dataBytes === 0;
  if (data === 'verdict') return set.dataType === NFT_DATA_VERDICT;
  return set.dataType !== NFT_DATA_VERDICT && set.dataBytes === data.bytes;
}

/** Whether a chain's rules are these, in this order. */
export function areSameRules(held: readonly HeldRule[], wanted: readonly Rule[]): boolean {
  return held.length === wanted.length && wanted.every((rule, index) => isSameRule(held[index]!, rule));
}
