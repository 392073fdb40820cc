// SPDX-License-Identifier: MIT
/**
 * Who holds which slot. A pure function of the members and of who held the slots before, moving as few slots
 * as the weights allow. Every member has home slots, the ones it would hold if everybody were up; a member
 * that returns goes home, so that the clients of a source hash find their old member again.
 */
import { sharesOf } from './shares.js';
import { hashedHomes, smoothHomes } from './homes.js';
import { rankOf, seedOf } from './rank.js';

export interface SlotMember {
  /** Server key. */
  readonly key: string;
  /** Share now; 0 while it takes no new connections. */
  readonly weight: number;
  /** Share if everybody were up; absent: `weight`. */
  readonly homeWeight?: number;
}

/** `smooth` for drawing in turn: neighbours differ. `hashed` for source hashes: homes stay when members come. */
export type Spread = 'smooth' | 'hashed';

/** No server's key. */
const NOBODY = '';

/**
 * Deals `count` slots to the members by weight: no hole, shares within one slot of the weights', at least one
 * slot each where there are enough. `previous` is who held the slots before; of another length it only counts
 * where the sizes divide each other and the spread is hashed. Empty when no member has weight.
 */
export function dealSlots(
  members: readonly SlotMember[],
  count: number,
  previous: readonly string[] | null,
  spread: Spread = 'smooth',
): string[] {
  const active = members.filter((member) => member.weight > 0).toSorted(byKey);
  if (active.length === 0) return [];
  let homes: readonly string[] | null = null;
  const homesOnce = (): readonly string[] => (homes ??= homesOf(members, count, spread));

  const slots = [...(resize(previous, count, spread) ?? homesOnce())];
  const held = countHeld(active, slots);
  const shares = sharesOf(active, held, count);
  const needs = new Map<string, number>();
  const spare = new Map<string, number>();
  for (const { key } of active) {
    const difference = shares.get(key)! - held.get(key)!;
    if (difference > 0) needs.set(key, difference);
    if (difference < 0) spare.set(key, -difference);
  }
  if (needs.size === 0) return slots;
  const free = freeSlots(slots, held, spare, needs, homesOnce());
  assign(slots, free, needs, homesOnce(), spread);
  return slots;
}

function homesOf(members: readonly SlotMember[], count: number, spread: Spread): readonly string[] {
  const all = members
    .map(({ key, weight, homeWeight }) => ({ key, weight: homeWeight ?? weight }))
    .filter((member) => member.weight > 0)
    .toSorted(byKey);
  if (all.length === 0) return Array.from({ length: count }, () => NOBODY);
  return spread === 'hashed' ? hashedHomes(all, count) : smoothHomes(all, count);
}

function resize(previous: readonly string[] | null, count: number, spread: Spread): readonly string[] | null {
  if (previous === null || previous.length === 0) return null;
  if (previous.length === count) return previous;
  const related = count % previous.length === 0 || previous.length % count === 0;
  if (spread === 'smooth' || !related) return null;
  return Array.from({ length: count }, (_, slot) => previous[slot % previous.length]!);
}

function countHeld(active: readonly SlotMember[], slots: readonly string[]): Map<string, number> {
  const held = new Map(active.map(({ key }) => [key, 0]));
  for (const key of slots) {
    const before = held.get(key);
    if (before !== undefined) held.set(key, before + 1);
  }
  return held;
}

/**
 * The slots to give away, ascending: those of members that are gone, and what the others have too many of,
 * which they choose in this order: slots that are home to a member in need, borrowed ones, their own.
 */
function freeSlots(
  slots: readonly string[],
  held: ReadonlyMap<string, number>,
  spare: ReadonlyMap<string, number>,
  needs: ReadonlyMap<string, number>,
  homes: readonly string[],
): number[] {
  const free: number[] = [];
  const choices = new Map([...spare.keys()].map((key) => [key, [] as number[]]));
  slots.forEach((key, slot) => {
    if (held.has(key)) choices.get(key)?.push(slot);
    else free.push(slot);
  });
  const owed = new Map(needs);
  for (const slot of free) takeOne(owed, homes[slot]!);
  for (const [key, mine] of choices) {
    const seed = seedOf(key);
    const order = mine.toSorted((a, b) => rankOf(seed, a) - rankOf(seed, b));
    const chosen = order.filter((slot) => takeOne(owed, homes[slot]!));
    const borrowed = order.filter((slot) => homes[slot] !== key && !chosen.includes(slot));
    const own = order.filter((slot) => homes[slot] === key);
    free.push(...[...chosen, ...borrowed, ...own].slice(0, spare.get(key)));
  }
  return free.toSorted((a, b) => a - b);
}

/** First everybody goes home who can; the rest is spread. */
function assign(
  slots: string[],
  free: readonly number[],
  needs: Map<string, number>,
  homes: readonly string[],
  spread: Spread,
): void {
  const strange = free.filter((slot) => {
    const home = homes[slot]!;
    if (!takeOne(needs, home)) return true;
    slots[slot] = home;
    return false;
  });
  const receivers = [...needs].map(([key, weight]) => ({ key, weight }));
  const dealt =
    spread === 'hashed'
      ? hashedHomes(receivers, strange.length, strange)
      : smoothHomes(receivers, strange.length);
  strange.forEach((slot, index) => {
    slots[slot] = dealt[index]!;
  });
}

function takeOne(counts: Map<string, number>, key: string): boolean {
  const left = counts.get(key) ?? 0;
  if (left === 0) return false;
  if (left === 1) counts.delete(key);
  else counts.set(key, left - 1);
  return true;
}

function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
