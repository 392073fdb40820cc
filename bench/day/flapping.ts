// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from 'node:timers/promises';
import type { Members } from '../kit/members.js';
import type { Target } from '../kit/targets.js';
import { History } from './history.js';

/** A member is looked at this often; one that is down comes back then, one that is up falls in one of three cases. */
const EVERY_MS = 10;
const FALL_SHARE = 1 / 3;

/** Members that stop and start serving at random. */
export class Flapping {
  readonly history = new History();
  readonly #members: Members;
  readonly #targets: readonly Target[];
  readonly #random: () => number;

  constructor(members: Members, targets: readonly Target[], random: () => number) {
    this.#members = members;
    this.#targets = targets;
    this.#random = random;
  }

  async openAll(): Promise<void> {
    const closed = this.#targets.filter((target) => !this.history.isUp(target));
    await this.#members.open(...closed);
    for (const target of closed) this.history.changed(target, Date.now());
  }

  /** How many changes it made. */
  async run(forMs: number): Promise<number> {
    const endMs = performance.now() + forMs;
    let changes = 0;
    for (let nextMs = performance.now(); nextMs < endMs; nextMs += EVERY_MS) {
      const waitMs = nextMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const target = this.#targets[Math.floor(this.#random() * this.#targets.length)]!;
      if (!this.history.isUp(target)) {
        await this.#members.open(target);
        this.history.changed(target, Date.now());
        changes += 1;
      } else if (this.#random() < FALL_SHARE) {
        this.history.changed(target, Date.now());
        await this.#members.close(target);
        changes += 1;
      }
    }
    return changes;
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
