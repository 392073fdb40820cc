// SPDX-License-Identifier: MIT
import type { Journal as JournalApi } from '../daemon-api.js';
import type { JournalEvent } from '../status.js';

export type NewEvent = Omit<JournalEvent, 'id' | 'at'>;

/** What happened, in order, as long as memory allows. Ids are `BOOT-SEQ`: ordered within one run of the daemon. */
export class Journal implements JournalApi {
  readonly #boot: string;
  readonly #now: () => number;
  readonly #limit: number;
  readonly #events: JournalEvent[] = [];
  readonly #listeners = new Set<(event: JournalEvent) => void>();
  #sequence = 0;

  constructor(now: () => number, limit = 10_000) {
    this.#now = now;
    this.#limit = limit;
    this.#boot = now().toString(36);
  }

  add(event: NewEvent): void {
    this.#sequence += 1;
    const entry: JournalEvent = {
      id: `${this.#boot}-${this.#sequence}`,
      at: new Date(this.#now()).toISOString(),
      ...event,
    };
    this.#events.push(entry);
    // Cutting in halves keeps the cost of forgetting flat.
    if (this.#events.length > this.#limit * 2) this.#events.splice(0, this.#limit);
    for (const listener of this.#listeners) listener(entry);
  }

  since(id: string | null): readonly JournalEvent[] {
    const sequence = id?.startsWith(`${this.#boot}-`) ? Number(id.slice(this.#boot.length + 1)) : 0;
    const first = this.#sequence - this.#events.length;
    return this.#events.slice(Math.max(0, Number.isInteger(sequence) ? sequence - first : 0));
  }

  subscribe(listener: (event: JournalEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
