// SPDX-License-Identifier: MIT
import type { Target } from '../kit/targets.js';
import { keyOf } from './site.js';

/** The truth about when members served, by those who started and stopped them. */
export class History {
  /** By key: the times of its starts and stops in turn. */
  readonly #changes = new Map<string, number[]>();

  /** It starts, or stops, at this time. */
  changed(target: Target, atMs: number): void {
    const key = keyOf(target);
    const changes = this.#changes.get(key);
    if (changes === undefined) this.#changes.set(key, [atMs]);
    else changes.push(atMs);
  }

  isUp(target: Target): boolean {
    return this.#of(target).length % 2 === 1;
  }

  /** Whether it served all the time between the two. */
  servedThrough(target: Target, fromMs: number, toMs: number): boolean {
    const changes = this.#of(target);
    const before = changes.filter((atMs) => atMs <= fromMs).length;
    return before % 2 === 1 && !changes.some((atMs) => atMs > fromMs && atMs <= toMs);
  }

  /** Its times of not serving: from when, and until when (Infinity: still). */
  outages(target: Target): { readonly fromMs: number; readonly toMs: number }[] {
    const changes = this.#of(target);
    return changes.flatMap((fromMs, nth) =>
      nth % 2 === 1 ? [{ fromMs, toMs: changes[nth + 1] ?? Infinity }] : [],
    );
  }

  #of(target: Target): readonly number[] {
    return this.#changes.get(keyOf(target)) ?? [];
  }
}
