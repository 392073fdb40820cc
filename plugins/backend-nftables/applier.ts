// SPDX-License-Identifier: MIT
/**
 * Carries out changes in bounded batches, atomic by service. First on the word of the core about what the
 * kernel holds; whatever is refused then is planned again from what the kernel really holds, service by service.
 */
import { setImmediate } from 'node:timers/promises';
import {
  NfTablesBatch,
  isSystemError,
  type NetlinkSocket,
  type Refusal,
  type SystemError,
  type TableName,
} from 'sluice/kernel';
import type { Clock } from 'sluice';
import { BatchPace } from './batch-pace.js';
import type { ChainLedger } from './chain-ledger.js';
import { writeStep, type Batches, type Step } from './step.js';

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
    for (const step of steps) writeStep({ ahead: batch, batch, after: batch }, ledger, step);
    const refusals = batch.commit(this.#socket);
    if (refusals.length === 0) {
      ledger.maps.made();
      ledger.commit();
    }
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
      const batches = { ahead: this.#batch(), batch: this.#batch(), after: this.#batch() };
      prepare?.(batches.batch);
      prepare = undefined;
      const started = this.#clock.monotonicMs();
      const limit = alone ? 1 : this.#pace.elements;
      let elements = 0;
      const from = next;
      while (next < steps.length && elements < limit) {
        const step = steps[next]!;
        elements += 1 + writeStep(batches, ledger, step);
        next += 1;
      }
      ledger.sweep(batches.batch);
      const members = steps.slice(from, next);
      const error = this.#commit(batches, ledger);
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

  /** Puts the batches in force one after the other; answers the first refusal. */
  #commit({ ahead, batch, after }: Batches, ledger: ChainLedger): SystemError | null {
    let refusal = firstError(ahead, this.#socket);
    if (refusal === null) {
      ledger.maps.made();
      refusal = firstError(batch, this.#socket);
    }
    if (refusal !== null) {
      ledger.rollback();
      return refusal;
    }
    ledger.commit();
    refusal = firstError(after, this.#socket);
    if (refusal === null) this.#dropUnusedMaps(ledger);
    return refusal;
  }

  /** One that somebody else's rule reads stays: the next service to need a map gets it. */
  #dropUnusedMaps(ledger: ChainLedger): void {
    for (const map of ledger.maps.unused()) {
      const batch = this.#batch();
      batch.deleteSet(map);
      if (firstError(batch, this.#socket) === null) ledger.maps.dropped(map);
    }
  }

  #batch(): NfTablesBatch {
    return new NfTablesBatch(this.#socket, this.#name);
  }
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
