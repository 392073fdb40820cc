// SPDX-License-Identifier: MIT
import type { Fault } from './faults.js';
import type { Guard } from './guard.js';

const MUTE_AFTER = 3;
const WITHIN_MS = 60_000;

export interface TapOwner {
  /** `kind/name`. */
  readonly plugin: string;
  readonly hook: string;
  readonly guard: Guard;
  /** Told once, in a sentence, when the tap is muted. */
  readonly onMuted: (sentence: string) => void;
}

/** One plugin's tap of one hook: guarded, and left out until reload once it faults three times in a minute. */
export class Tap {
  readonly #owner: TapOwner;
  #faultsAt: number[] = [];
  #muted = false;

  constructor(owner: TapOwner) {
    this.#owner = owner;
  }

  /** Runs a tap that answers at once. Null: it is muted, or it faulted. */
  answer<T>(run: () => T): { readonly value: T } | null {
    if (this.#muted) return null;
    const { guard, plugin, hook } = this.#owner;
    const result = guard.callSync(plugin, hook, run);
    if (result.ok) return result;
    this.#count(result.fault);
    return null;
  }

  /** Runs a tap that may take its time, up to `timeoutMs`. Null: it is muted, or it faulted. */
  async settle<T>(run: () => T | PromiseLike<T>, timeoutMs: number): Promise<{ readonly value: T } | null> {
    if (this.#muted) return null;
    const { guard, plugin, hook } = this.#owner;
    const result = await guard.call(plugin, hook, run, { timeoutMs });
    if (result.ok) return result;
    this.#count(result.fault);
    return null;
  }

  /** Files an answer that makes no sense. */
  nonsense(message: string): void {
    const { guard, plugin, hook } = this.#owner;
    this.#count(guard.nonsense(plugin, hook, message));
  }

  /**
   * Holding the event loop does not count here: on a busy host the most innocent tap can seem slow, and an
   * adjuster that is left out changes what the engines hold.
   */
  #count(fault: Fault | null): void {
    if (fault === null || this.#muted) return;
    this.#faultsAt = [...this.#faultsAt.filter((at) => Math.abs(fault.at - at) < WITHIN_MS), fault.at];
    if (this.#faultsAt.length < MUTE_AFTER) return;
    this.#muted = true;
    const { plugin, hook, onMuted } = this.#owner;
    onMuted(
      `plugin ${plugin} failed ${MUTE_AFTER} times within a minute at ${hook}, which it is left out of until the next reload; last: ${fault.message}`,
    );
  }
}
