// SPDX-License-Identifier: MIT
/**
 * Which chain balances a service. Random and source-hash services of one size share one; a round robin counts
 * for itself, so that each such service has its own.
 */
import type { AddressFrontend, Family } from 'sluice';
import { FAMILIES } from './family.js';
import { balance, type Draw, type Rule } from './rule.js';
import { setNames } from './sets.js';

export interface BalancingChain {
  readonly name: string;
  readonly family: Family;
  readonly draw: Draw;
  readonly slots: number;
  readonly shared: boolean;
  /**
   * The rule that draws from `map`; shared chains read the family's first. Null with no slots: nobody to send
   * connections to. Made when asked for: most changes need no rule.
   */
  rule(map?: string): Rule | null;
}

const SHARED = /^(random|source-hash)-([46])-(\d+)$/;
const OWN_PREFIX = 'rr-';

export function isDraw(name: string): name is Draw {
  return name === 'round-robin' || name === 'random' || name === 'source-hash';
}

export function balancingChain(frontend: AddressFrontend, draw: Draw, slots: number): BalancingChain {
  if (draw !== 'round-robin') return sharedChain(draw, frontend.family, slots);
  const { address, protocol, port, family } = frontend;
  const rule = (map = setNames(family).slots): Rule | null =>
    slots === 0 ? null : balance(FAMILIES[family], draw, slots, protocol, map);
  // nft's grammar takes no colon in a name; no two addresses become the same by this.
  const name = `${OWN_PREFIX}${address.replaceAll(':', '_')}-${protocol}-${port}`;
  return { name, family, draw, slots, shared: false, rule };
}

function sharedChain(draw: Draw, family: Family, slots: number): BalancingChain {
  const rule = (): Rule | null =>
    slots === 0 ? null : balance(FAMILIES[family], draw, slots, null, setNames(family).slots);
  return { name: `${draw}-${family}-${slots}`, family, draw, slots, shared: true, rule };
}

/** The shared chain of that name; null when it is none. */
export function sharedChainNamed(name: string): BalancingChain | null {
  const match = SHARED.exec(name);
  if (match === null) return null;
  const draw = match[1] === 'random' ? 'random' : 'source-hash';
  return sharedChain(draw, match[2] === '4' ? 4 : 6, Number(match[3]));
}

/** Whether a chain of that name is one that sluice makes for services. */
export function isBalancingName(name: string): boolean {
  return name.startsWith(OWN_PREFIX) || SHARED.test(name);
}
