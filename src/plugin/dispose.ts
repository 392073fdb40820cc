// SPDX-License-Identifier: MIT
import type { Guard } from './guard.js';

/** All of a generation must be gone within this. */
const DEADLINE_MS = 5_000;

interface Entry {
  readonly plugin: string;
  readonly dispose: () => unknown;
}

/** What plugins made and must let go of, last made first. */
export class Disposables {
  readonly #guard: Guard;
  readonly #deadlineMs: number;
  #entries: Entry[] = [];

  /** @param deadlineMs for all of them together; shortened in tests */
  constructor(guard: Guard, deadlineMs = DEADLINE_MS) {
    this.#guard = guard;
    this.#deadlineMs = deadlineMs;
  }

  /** Keeps what a plugin's `create` returned, if it has something to let go of. */
  add(plugin: string, made: unknown): void {
    const dispose = disposerOf(made);
    if (dispose !== undefined) this.#entries.push({ plugin, dispose });
  }

  /**
   * Lets go of everything, last made first, within the deadline. One that throws or hangs is filed and
   * keeps nobody else from being let go of.
   * @returns the plugins that did not finish, in the order they were asked
   */
  async dispose(): Promise<readonly string[]> {
    const entries = this.#entries.toReversed();
    this.#entries = [];
    const leftovers: string[] = [];
    const endMs = this.#guard.clock.monotonicMs() + this.#deadlineMs;
    for (const { plugin, dispose } of entries) {
      // Even behind one that used up all the time, everybody is asked.
      const timeoutMs = Math.max(1, endMs - this.#guard.clock.monotonicMs());
      const result = await this.#guard.call(plugin, 'dispose', dispose, { timeoutMs });
      if (!result.ok) leftovers.push(plugin);
    }
    return leftovers;
  }
}

function disposerOf(made: unknown): (() => unknown) | undefined {
  if (typeof made !== 'object' || made === null) return undefined;
  for (const symbol of [Symbol.asyncDispose, Symbol.dispose]) {
    const dispose: unknown = Reflect.get(made, symbol);
    if (typeof dispose === 'function') return () => Reflect.apply(dispose, made, []);
  }
  return undefined;
}
