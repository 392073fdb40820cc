// SPDX-License-Identifier: MIT
/**
 * Carries out changes in bounded batches, atomic by service. First on the word of the core about what the
 * kernel holds; whatever is refused then is planned again from what the kernel really holds, service by service.
 */
import { setImmediate } from 'node:timers/promises';
import {
  NfTablesBatch,
  SystemError,
  Turns,
  isSystemError,
  type NetlinkSocket,
  type Refusal,
  type TableName,
} from 'sluice/kernel';
import type { ApplyFailure, ChangeSet, Clock, VirtualService } from 'sluice';
import { BatchPace } from './batch-pace.js';
import type { ChainLedger } from './chain-ledger.js';
import { UnsupportedService, chainOfService, heldOf, type HeldService } from './held.js';
import { elementOf, entryChanges, keyOf, setOf } from './plan.js';

/** One service's way, with what the kernel is believed to hold. */
export interface Step {
  readonly key: string;
  readonly before: HeldService | null;
  readonly after: VirtualService | null;
}

export interface Refused {
  readonly step: Step;
  readonly error: SystemError;
}

export class Applier {
  readonly #socket: NetlinkSocket;
  readonly #name: TableName;
  readonly #clock: Clock;
  readonly #pace = new BatchPace();

  constructor(socket: NetlinkSocket, name: TableName, clock: Clock) {
    this.#socket = socket;
    this.#name = name;
    this.#clock = clock;
  }

  /**
   * Puts all steps into one batch, after what is in it already, and commits it: for a table that is replaced as
   * a whole. Answers what the kernel refuses.
   */
  commitWhole(batch: NfTablesBatch, ledger: ChainLedger, steps: readonly Step[]): readonly Refusal[] {
    for (const step of steps) writeStep(batch, ledger, step, batch);
    const refusals = batch.commit(this.#socket);
    if (refusals.length === 0) ledger.commit();
    return refusals;
  }

  /**
   * Carries out the steps in batches; answers those that were refused, each with the reason. `first` prepares
   * the first batch. With `alone` every step has a batch of its own.
   */
  async run(
    ledger: ChainLedger,
    steps: readonly Step[],
    signal: AbortSignal,
    { first, alone = false }: { first?: (batch: NfTablesBatch) => void; alone?: boolean } = {},
  ): Promise<{ readonly done: readonly string[]; readonly refused: readonly Refused[] }> {
    const done: string[] = [];
    const refused: Refused[] = [];
    let next = 0;
    let prepare = first;
    while (next < steps.length || prepare !== undefined) {
      signal.throwIfAborted();
      const batch = new NfTablesBatch(this.#socket, this.#name);
      const ahead = new NfTablesBatch(this.#socket, this.#name);
      prepare?.(batch);
      prepare = undefined;
      const started = this.#clock.monotonicMs();
      const limit = alone ? 1 : this.#pace.elements;
      let elements = 0;
      const from = next;
      while (next < steps.length && elements < limit) {
        const step = steps[next]!;
        elements += 1 + writeStep(batch, ledger, step, step.before === null ? batch : ahead);
        next += 1;
      }
      ledger.sweep(batch);
      const members = steps.slice(from, next);
      const refusal = firstError(ahead, this.#socket) ?? firstError(batch, this.#socket);
      if (refusal === null) ledger.commit();
      else ledger.rollback();
      const error = refusal ?? this.#dropSurplus(members);
      if (error === null) done.push(...members.map(({ key }) => key));
      else {
        refused.push(...members.map((step) => ({ step, error })));
        // Without the right to, or without a table, the next one fares no better.
        if (isSystemError(error, 'EPERM')) {
          refused.push(...steps.slice(next).map((step) => ({ step, error })));
          return { done, refused };
        }
      }
      this.#pace.took(elements, this.#clock.monotonicMs() - started);
      if (next < steps.length) await setImmediate();
    }
    return { done, refused };
  }

  /**
   * Deletes the slots that a service has no more use for, once the rule that draws from fewer is in force. A
   * packet may have met the old rule just before and look its slot up just after: it must find a member then.
   */
  #dropSurplus(steps: readonly Step[]): SystemError | null {
    const batch = new NfTablesBatch(this.#socket, this.#name);
    let isNeeded = false;
    for (const step of steps) {
      const surplus = surplusOf(step);
      if (surplus.length === 0 || step.before === null) continue;
      const { frontend } = step.before;
      batch.deleteElements(
        setOf('slots', frontend.family),
        surplus.map((slot) => keyOf(frontend, { slot, value: null })),
      );
      isNeeded = true;
    }
    return isNeeded ? firstError(batch, this.#socket) : null;
  }
}

/** Slots beyond those that the service's new rule draws from. */
function surplusOf({ before, after }: Step): number[] {
  const wanted = after?.slots?.length ?? 0;
  if (before === null || wanted === 0) return [];
  return before.slots.flatMap((holder, slot) => (slot >= wanted && holder !== '' ? [slot] : []));
}

/** The kernel's first refusal of a batch; null when it is in force. */
function firstError(batch: NfTablesBatch, socket: NetlinkSocket): SystemError | null {
  try {
    const refusals: readonly Refusal[] = batch.commit(socket);
    return refusals[0]?.error ?? null;
  } catch (error) {
    if (isSystemError(error)) return error;
    throw error;
  }
}

/**
 * Writes a step; answers how many elements it changes. A chain that it leads to anew goes into `chains`: for a
 * service that has traffic a batch of its own, ahead. A packet that began under the old ruleset may meet the new
 * entry, and would find a chain that came with it still empty.
 */
function writeStep(batch: NfTablesBatch, ledger: ChainLedger, step: Step, chains: NfTablesBatch): number {
  const { before, after } = step;
  const wanted = after === null ? null : { ...heldOf(after), balancing: chainOfService(after).chain };
  const frontend = wanted?.frontend ?? before?.frontend;
  if (frontend === undefined) return 0;
  if (wanted !== null) {
    const { balancing } = wanted;
    if (before?.chain !== balancing.name) ledger.acquire(chains, balancing);
    else if (before.modulus !== balancing.slots || ledger.isBroken(balancing.name)) {
      ledger.mend(batch, balancing);
    }
  }
  const changes = entryChanges(before, wanted);
  let elements = 0;
  const surplus = new Set<number | null>(surplusOf(step));
  for (const { role, remove } of changes) {
    const gone = role === 'slots' ? remove.filter(({ slot }) => !surplus.has(slot)) : remove;
    batch.deleteElements(
      setOf(role, frontend.family),
      gone.map((entry) => keyOf(frontend, entry)),
    );
    elements += remove.length;
  }
  for (const { role, add } of changes) {
    batch.addElements(
      setOf(role, frontend.family),
      add.map((entry) => elementOf(role, frontend, entry)),
    );
    elements += add.length;
  }
  if (before !== null && before.chain !== null && before.chain !== wanted?.chain)
    ledger.release(before.chain);
  return elements;
}

/** The steps of services that the table can hold, and the failures of those that it can't. */
export async function supported(change: ChangeSet): Promise<{
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
      able.push({ key, before: before === null ? null : heldOf(before), after });
    } catch (error) {
      if (!(error instanceof UnsupportedService)) throw error;
      failed.push({ key, code: 'SLUICE_CFG_UNSUPPORTED', message: error.message });
    }
  }
  return { able, failed };
}
