// SPDX-License-Identifier: MIT
/**
 * Which map holds the slots of which service. The kernel walks a map's elements for every rule that comes to
 * read it, and those rules for every element: round-robin services, which have a rule each, share a map with a
 * bounded number of others. Maps beyond each family's first come and go with their services
 * (docs/adr/0010-round-robin-slots-in-many-maps.md).
 */
import type { NfTablesBatch } from 'sluice/kernel';
import type { Family } from 'sluice';
import type { BalancingChain } from './chains.js';
import { setNames, slotMap } from './sets.js';

/** So many services make a map full for round-robin ones: below it maps grow many, above it they grow slow. */
const FULL = 64;

const FURTHER = /^slots([46])-[1-9]\d*$/;

/** The family of a further map of slots of that name; null when it is none. */
export function furtherMapFamily(name: string): Family | null {
  const match = FURTHER.exec(name);
  if (match === null) return null;
  return match[1] === '4' ? 4 : 6;
}

/** Whether rules of that family's services may read the map. */
export function isSlotMap(name: string, family: Family): boolean {
  return name === setNames(family).slots || furtherMapFamily(name) === family;
}

export class SlotMaps {
  /** By service key, those that hold slots. */
  readonly #mapOf = new Map<string, string>();
  readonly #services = new Map<string, number>();
  /** Further maps that the table has. */
  readonly #present = new Set<string>();
  #making = new Set<string>();
  /** Where the services that the batch in the making moves were before it. */
  #former = new Map<string, string | null>();

  /** The same knowledge, to plan with. */
  copy(): SlotMaps {
    const copy = new SlotMaps();
    for (const name of this.#present) copy.#present.add(name);
    for (const [key, map] of this.#mapOf) copy.#place(key, map);
    return copy;
  }

  /** A further map as found in the kernel. */
  record(name: string): void {
    this.#present.add(name);
  }

  of(key: string): string | null {
    return this.#mapOf.get(key) ?? null;
  }

  /** Where slots that `chain` is to draw from go; null when it draws from none. */
  choose(chain: BalancingChain): string | null {
    if (chain.slots === 0) return null;
    const first = setNames(chain.family).slots;
    if (chain.shared) return first;
    let map: string = first;
    for (let number = 1; (this.#services.get(map) ?? 0) >= FULL; number += 1) map = `${first}-${number}`;
    return map;
  }

  /** The service's slots go to this map, or to none. */
  move(key: string, map: string | null): void {
    const former = this.of(key);
    if (former === map) return;
    if (!this.#former.has(key)) this.#former.set(key, former);
    this.#place(key, map);
  }

  /** Makes the map unless it is there. */
  ensure(batch: Pick<NfTablesBatch, 'addSet'>, map: string): void {
    const family = furtherMapFamily(map);
    if (family === null || this.#present.has(map) || this.#making.has(map)) return;
    batch.addSet(slotMap(map, family).definition);
    this.#making.add(map);
  }

  /** The batch that makes maps is in force. */
  made(): void {
    for (const name of this.#making) this.#present.add(name);
    this.#making = new Set();
  }

  /** Further maps without a service. */
  unused(): string[] {
    return [...this.#present].filter((name) => (this.#services.get(name) ?? 0) === 0);
  }

  dropped(name: string): void {
    this.#present.delete(name);
  }

  commit(): void {
    this.#former = new Map();
  }

  rollback(): void {
    for (const [key, map] of this.#former) this.#place(key, map);
    this.#former = new Map();
    this.#making = new Set();
  }

  #place(key: string, map: string | null): void {
    const former = this.of(key);
    if (former !== null) this.#services.set(former, this.#services.get(former)! - 1);
    if (map === null) this.#mapOf.delete(key);
    else {
      this.#mapOf.set(key, map);
      this.#services.set(map, (this.#services.get(map) ?? 0) + 1);
    }
  }
}
