// SPDX-License-Identifier: MIT
import type { NewEvent } from './journal.js';

/** Warnings that stand until they are over: told once when they come, shown in the status meanwhile. */
export class StandingWarnings {
  readonly #tell: (event: NewEvent) => void;
  readonly #sentences = new Map<string, string>();

  constructor(tell: (event: NewEvent) => void) {
    this.#tell = tell;
  }

  get all(): readonly string[] {
    return [...this.#sentences.values()];
  }

  /** One that is there already with the same words is no news. */
  raise(key: string, sentence: string): void {
    const isNews = this.#sentences.get(key) !== sentence;
    this.#sentences.set(key, sentence);
    if (isNews) this.#tell({ kind: 'warning', subject: 'sluice', message: sentence });
  }

  /** `over` is told if the warning stood. */
  clear(key: string, over: string): void {
    if (this.#sentences.delete(key)) this.#tell({ kind: 'warning', subject: 'sluice', message: over });
  }

  /** Makes the warnings of a group just these. */
  replace(group: string, sentences: readonly string[]): void {
    const keys = new Set(sentences.map((sentence) => `${group}/${sentence}`));
    for (const key of this.#sentences.keys()) {
      if (key.startsWith(`${group}/`) && !keys.has(key)) this.#sentences.delete(key);
    }
    for (const sentence of sentences) this.raise(`${group}/${sentence}`, sentence);
  }
}
