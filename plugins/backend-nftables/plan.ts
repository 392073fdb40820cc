// SPDX-License-Identifier: MIT
/** The entries that lead from what the table holds for a service to what it shall hold. Pure. */
import { NFT_GOTO, addressBytes, type SetElement } from 'sluice/kernel';
import type { HeldService } from './held.js';
import { serverBytes, slotKeyBytes } from './keys.js';
import { setNames } from './sets.js';

export type SetRole = keyof ReturnType<typeof setNames>;

/** An entry of a service in one of the sets: the service's key, a slot where the set has one, and the data. */
export interface Entry {
  readonly slot: number | null;
  /** A chain, a server key or an address; null in sets that lead to nothing. */
  readonly value: string | null;
}

/** One set's entries that go and come. A key that gets other data is in both. */
export interface EntryChange {
  readonly role: SetRole;
  readonly set: string;
  readonly remove: readonly Entry[];
  readonly add: readonly Entry[];
}

/** Only what differs, and one change per key: the kernel may refuse a batch that changes a key twice. */
export function entryChanges(before: HeldService | null, after: HeldService | null): EntryChange[] {
  const family = (after ?? before)?.frontend.family;
  if (family === undefined) return [];
  const names = setNames(family);
  const single = (
    role: SetRole,
    old: string | null | undefined,
    wanted: string | null | undefined,
  ): EntryChange => ({
    role,
    set: names[role],
    remove: old === wanted || old === undefined ? [] : [{ slot: null, value: old }],
    add: old === wanted || wanted === undefined ? [] : [{ slot: null, value: wanted }],
  });
  const changes = [
    single('services', before?.chain ?? undefined, after?.chain ?? undefined),
    ...slotChanges(before, after),
    single('refused', mark(before?.refused), mark(after?.refused)),
    single('masqueraded', mark(before?.masqueraded), mark(after?.masqueraded)),
    single('sources', before?.source ?? undefined, after?.source ?? undefined),
  ];
  return changes.filter(({ remove, add }) => remove.length > 0 || add.length > 0);
}

/** Null is an entry without data; undefined is none. */
function mark(listed: boolean | undefined): null | undefined {
  return listed === true ? null : undefined;
}

/** By map: the one that the service leaves, the one that it has from now on, and those that it never should have had. */
function slotChanges(before: HeldService | null, after: HeldService | null): EntryChange[] {
  const changes = new Map<string, { readonly remove: Entry[]; readonly add: Entry[] }>();
  const at = (map: string) => {
    const known = changes.get(map) ?? { remove: [], add: [] };
    changes.set(map, known);
    return known;
  };
  const stays = before?.map === after?.map;
  const old = before?.slots ?? [];
  const wanted = after?.slots ?? [];
  old.forEach((value, slot) => {
    if (value !== '' && !(stays && wanted[slot] === value)) at(before!.map!).remove.push({ slot, value });
  });
  for (const { map, slot } of before?.misplaced ?? []) at(map).remove.push({ slot, value: '' });
  wanted.forEach((value, slot) => {
    if (value !== '' && !(stays && old[slot] === value)) at(after!.map!).add.push({ slot, value });
  });
  return [...changes].map(([set, change]) => ({ role: 'slots', set, ...change }));
}

/** An entry of a service, by its {@link serviceKeyBytes}, as the kernel takes it. */
export function elementOf(role: SetRole, service: Uint8Array, { slot, value }: Entry): SetElement {
  const key = slot === null ? service : slotKeyBytes(service, slot);
  if (value === null) return { key };
  if (role === 'services') return { key, data: { code: NFT_GOTO, chain: value } };
  return { key, data: role === 'slots' ? serverBytes(value) : addressBytes(value) };
}

/** An entry's key, to delete it by. */
export function keyOf(service: Uint8Array, { slot }: Entry): Pick<SetElement, 'key'> {
  return { key: slot === null ? service : slotKeyBytes(service, slot) };
}
