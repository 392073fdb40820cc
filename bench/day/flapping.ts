// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from 'node:timers/promises';
import type { Members } from '../kit/members.js';
import type { Target } from '../kit/targets.js';
import { keyOf } from './site.js';

/** A member is looked at this often; one that is down comes back then, one that is up falls in one of three cases. */
const EVERY_MS = 10;
const FALL_SHARE = 1 / 3;

/** Members that stop and start serving at random, and the truth about when each did. */
export class Flapping {
  readonly #members: Members;
  readonly #targets: readonly Target[];
  readonly #random: () => number;
  /** By key: the times of its changes in turn, beginning with its first start. */
  readonly #changes = new Map<string, number[]>();

  constructor(members: Members, targets: readonly Target[], random: () => number) {
    this.#members = members;
    this.#targets = targets;
    this.#random = random;
  }

  async openAll(): Promise<void> {
    const closed = this.#targets.filter((target) => !this.isUp(target));
    await this.#members.open(...closed);
    for (const target of closed) this.#changed(target);
  }

  /** How many changes it made. */
  async run(forMs: number): Promise<number> {
    const endMs = performance.now() + forMs;
    let changes = 0;
    for (let nextMs = performance.now(); nextMs < endMs; nextMs += EVERY_MS) {
      const waitMs = nextMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const target = this.#targets[Math.floor(this.#random() * this.#targets.length)]!;
      if (!this.isUp(target)) {
        await this.#members.open(target);
        this.#changed(target);
        changes += 1;
      } else if (this.#random() < FALL_SHARE) {
        this.#changed(target);
        await this.#members.close(target);
        changes += 1;
      }
    }
    return changes;
  }

  isUp(target: Target): boolean {
    return (this.#changes.get(keyOf(target))?.length ?? 0) % 2 === 1;
  }

  /** Whether it served all the time between the two. */
  servedThrough(target: Target, fromMs: number, toMs: number): boolean {
    const changes = this.#changes.get(keyOf(target)) ?? [];
    const before = changes.filter((atMs) => atMs <= fromMs).length;
    return before % 2 === 1 && !changes.some((atMs) => atMs > fromMs && atMs <= toMs);
  }

  /** Whether it stopped serving between the two. */
  fellWithin(target: Target, fromMs: number, toMs: number): boolean {
    const changes = this.#changes.get(keyOf(target)) ?? [];
    return changes.some((atMs, nth) => nth % 2 === 1 && atMs >= fromMs && atMs <= toMs);
  }

  #changed(target: Target): void {
    const key = keyOf(target);
    this.#changes.set(key, [...(this.#changes.get(key) ?? []), Date.now()]);
  }
}

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
