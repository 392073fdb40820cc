// SPDX-License-Identifier: MIT
import type { NfTablesBatch } from 'sluice/kernel';
import { sharedChainNamed, type BalancingChain } from './chains.js';
import { SlotMaps } from './slot-maps.js';

/**
 * Which balancing chains the table has, and how many services' entries lead to each: a chain comes with its
 * first service and goes with its last. Changes count when the batch that makes them is in force.
 */
export class ChainLedger {
  readonly maps = new SlotMaps();
  readonly #users = new Map<string, number>();
  /** Chains whose rule is not what it should be. */
  readonly #broken = new Set<string>();
  #pendingUsers = new Map<string, number>();
  #mended = new Set<string>();

  /** A chain as found in the kernel. */
  record(name: string, users: number, sound: boolean): void {
    this.#users.set(name, users);
    if (!sound) this.#broken.add(name);
  }

  isBroken(name: string): boolean {
    return this.#broken.has(name) && !this.#mended.has(name);
  }

  /** One more service will lead to the chain, its slots being in `map`: makes it, or makes sure of its rule. */
  acquire(batch: NfTablesBatch, chain: BalancingChain, map: string | null): void {
    const users = this.#usersOf(chain.name);
    if (users === undefined) {
      batch.addChain(chain.name);
      addRule(batch, chain, map);
    } else if (!chain.shared || this.isBroken(chain.name)) {
      this.mend(batch, chain, map);
    }
    this.#pendingUsers.set(chain.name, (users ?? 0) + 1);
  }

  /** Gives the chain the rule that it should have. */
  mend(batch: NfTablesBatch, chain: BalancingChain, map: string | null): void {
    batch.deleteRules(chain.name);
    addRule(batch, chain, map);
    this.#mended.add(chain.name);
  }

  /** One service less leads to the chain. */
  release(name: string): void {
    this.#pendingUsers.set(name, (this.#usersOf(name) ?? 1) - 1);
  }

  /** At the end of a batch: takes out chains that nothing leads to any more. */
  sweep(batch: NfTablesBatch): void {
    for (const [name, users] of this.#pendingUsers) {
      if (users > 0) continue;
      batch.deleteChain(name);
    }
  }

  /** Takes out every chain without users, those found so included. */
  releaseUnused(): void {
    for (const [name, users] of this.#users) {
      if (users === 0 && !this.#pendingUsers.has(name)) this.#pendingUsers.set(name, 0);
    }
  }

  /** Mends the shared chains found broken, which no change of a single service would touch. */
  mendShared(batch: NfTablesBatch): void {
    for (const name of this.#broken) {
      const chain = sharedChainNamed(name);
      if (chain !== null && this.isBroken(name) && (this.#usersOf(name) ?? 0) > 0)
        this.mend(batch, chain, null);
    }
  }

  /** The batch is in force. */
  commit(): void {
    for (const [name, users] of this.#pendingUsers) {
      if (users > 0) this.#users.set(name, users);
      else this.#users.delete(name);
    }
    for (const name of this.#mended) this.#broken.delete(name);
    this.maps.commit();
    this.#forget();
  }

  /** The batch was refused: nothing has happened. */
  rollback(): void {
    this.maps.rollback();
    this.#forget();
  }

  #forget(): void {
    this.#pendingUsers = new Map();
    this.#mended = new Set();
  }

  #usersOf(name: string): number | undefined {
    const pending = this.#pendingUsers.get(name);
    if (pending !== undefined) return pending;
    return this.#users.get(name);
  }
}

function addRule(batch: NfTablesBatch, chain: BalancingChain, map: string | null): void {
  const rule = chain.rule(map ?? undefined);
  if (rule !== null) batch.addRule(chain.name, rule.expressions);
}
