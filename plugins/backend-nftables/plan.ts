// SPDX-License-Identifier: MIT
/** The entries that lead from what the table holds for a service to what it shall hold. Pure. */
import { NFT_GOTO, addressBytes, type SetElement } from 'sluice/kernel';
import type { AddressFrontend, Family } from 'sluice';
import type { HeldService } from './held.js';
import { serverBytes, serviceKeyBytes, slotKeyBytes } from './keys.js';
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
  readonly remove: readonly Entry[];
  readonly add: readonly Entry[];
}

/** Only what differs, and one change per key: the kernel may refuse a batch that changes a key twice. */
export function entryChanges(before: HeldService | null, after: HeldService | null): EntryChange[] {
  const changes = [
    single('services', before?.chain ?? undefined, after?.chain ?? undefined),
    slots(before?.slots ?? [], after?.slots ?? []),
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

function single(
  role: SetRole,
  before: string | null | undefined,
  after: string | null | undefined,
): EntryChange {
  if (before === after) return { role, remove: [], add: [] };
  return {
    role,
    remove: before === undefined ? [] : [{ slot: null, value: before }],
    add: after === undefined ? [] : [{ slot: null, value: after }],
  };
}

function slots(before: readonly string[], after: readonly string[]): EntryChange {
  const remove: Entry[] = [];
  const add: Entry[] = [];
  for (let slot = 0; slot < Math.max(before.length, after.length); slot += 1) {
    const old = before[slot] ?? '';
    const wanted = after[slot] ?? '';
    if (old === wanted) continue;
    if (old !== '') remove.push({ slot, value: old });
    if (wanted !== '') add.push({ slot, value: wanted });
  }
  return { role: 'slots', remove, add };
}

export function setOf(role: SetRole, family: Family): string {
  return setNames(family)[role];
}

/** An entry as the kernel takes it. */
export function elementOf(role: SetRole, frontend: AddressFrontend, { slot, value }: Entry): SetElement {
  const service = serviceKeyBytes(frontend);
  const key = slot === null ? service : slotKeyBytes(service, slot);
  if (value === null) return { key };
  if (role === 'services') return { key, data: { code: NFT_GOTO, chain: value } };
  return { key, data: role === 'slots' ? serverBytes(value) : addressBytes(value) };
}

/** An entry's key, to delete it by. */
export function keyOf(frontend: AddressFrontend, { slot }: Entry): Pick<SetElement, 'key'> {
  const service = serviceKeyBytes(frontend);
  return { key: slot === null ? service : slotKeyBytes(service, slot) };
}
