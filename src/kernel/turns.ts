// SPDX-License-Identifier: MIT
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/** How long a piece of long work may hold the event loop. */
const SPELL_MS = 8;

/** Cuts long work into spells, so that timers and sockets get their turn between them. */
export class Turns {
  #sinceMs = performance.now();

  /** Whether it is time to let others have their turn; cheap enough to ask often. */
  get due(): boolean {
    return performance.now() - this.#sinceMs > SPELL_MS;
  }

  /** Lets others have their turn now. */
  async give(): Promise<void> {
    await setImmediate();
    this.#sinceMs = performance.now();
  }
}
