// SPDX-License-Identifier: MIT
/** One service's way from what the table holds to what it shall hold, as messages. */
import { Turns, type NfTablesBatch } from 'sluice/kernel';
import type { ApplyFailure, ChangeSet, VirtualService } from 'sluice';
import type { ChainLedger } from './chain-ledger.js';
import type { BalancingChain } from './chains.js';
import { UnsupportedService, chainOfService, heldBy, heldOf, type HeldService } from './held.js';
import { serviceKeyBytes } from './keys.js';
import { elementOf, entryChanges, keyOf } from './plan.js';
import type { SlotMaps } from './slot-maps.js';

/** One service's way, with what the kernel is believed to hold. */
export interface Step {
  readonly key: string;
  readonly before: HeldService | null;
  readonly after: VirtualService | null;
}

/** What steps are written into: three transactions, one after the other. */
export interface Batches {
  /** What has to be there before anything leads to it. */
  readonly ahead: NfTablesBatch;
  readonly batch: NfTablesBatch;
  /** What nothing leads to any more. */
  readonly after: NfTablesBatch;
}

/**
 * Writes a step; answers how many elements it changes. A packet that began under the old ruleset may meet new
 * entries, and the other way round. So a chain that a service with traffic is led to anew comes ahead (with its
 * entry, it would still be found empty), and slots that its old rule draws from go after.
 */
export function writeStep({ ahead, batch, after }: Batches, ledger: ChainLedger, step: Step): number {
  const { before } = step;
  const wanted = wantedOf(step, ledger.maps);
  const frontend = (wanted ?? before)?.frontend;
  if (frontend === undefined) return 0;
  if (wanted !== null) {
    const { map, balancing } = wanted;
    if (map !== null) ledger.maps.ensure(ahead, map);
    if (before?.chain !== balancing.name) ledger.acquire(before === null ? batch : ahead, balancing, map);
    else if (before.modulus !== balancing.slots || ledger.isBroken(balancing.name)) {
      ledger.mend(batch, balancing, map);
    }
  }
  ledger.maps.move(step.key, wanted?.map ?? null);
  const service = serviceKeyBytes(frontend);
  const changes = entryChanges(before, wanted);
  let elements = 0;
  for (const { set, remove } of changes) {
    const yet = remove.filter(({ slot }) => isDrawnYet(set, slot, before, wanted));
    const gone =
      yet.length === 0 ? remove : remove.filter(({ slot }) => !isDrawnYet(set, slot, before, wanted));
    batch.deleteElements(
      set,
      gone.map((entry) => keyOf(service, entry)),
    );
    after.deleteElements(
      set,
      yet.map((entry) => keyOf(service, entry)),
    );
    elements += remove.length;
  }
  for (const { role, set, add } of changes) {
    batch.addElements(
      set,
      add.map((entry) => elementOf(role, service, entry)),
    );
    elements += add.length;
  }
  if (before !== null && before.chain !== null && before.chain !== wanted?.chain)
    ledger.release(before.chain);
  return elements;
}

/** What the table shall hold, and by which chain: a service that keeps its chain keeps its map. */
export function wantedOf(
  { before, after }: Step,
  maps: SlotMaps,
): (HeldService & { readonly balancing: BalancingChain }) | null {
  if (after === null) return null;
  const way = chainOfService(after);
  const { chain: balancing } = way;
  const stays = before?.chain === balancing.name && before.map !== null && balancing.slots > 0;
  const map = stays ? before.map : maps.choose(balancing);
  return { ...heldBy(after, way, map), balancing };
}

/** Whether a rule that packets may still be under draws a slot that the new rule does not. */
function isDrawnYet(
  set: string,
  slot: number | null,
  before: HeldService | null,
  wanted: HeldService | null,
): boolean {
  if (slot === null || wanted === null || wanted.map === null || before?.map !== set) return false;
  return wanted.map !== set || slot >= wanted.slots.length;
}

/** The steps of services that the table can hold, and the failures of those that it can't. */
export async function supported(
  change: ChangeSet,
  maps: SlotMaps,
): Promise<{
  readonly able: readonly Step[];
  readonly failed: readonly ApplyFailure[];
}> {
  const turns = new Turns();
  const able: Step[] = [];
  const failed: ApplyFailure[] = [];
  for (const { key, before, after } of change.changes) {
    if (turns.due) await turns.give();
    try {
      if (after !== null) chainOfService(after);
      able.push({ key, before: before === null ? null : heldOf(before, maps.of(key)), after });
    } catch (error) {
      if (!(error instanceof UnsupportedService)) throw error;
      failed.push({ key, code: 'SLUICE_CFG_UNSUPPORTED', message: error.message });
    }
  }
  return { able, failed };
}
