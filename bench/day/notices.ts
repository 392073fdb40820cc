// SPDX-License-Identifier: MIT
import type { ControlClient } from '../../src/cli/client.js';

/** When the daemon took members for down, by its own events. */
export class Notices {
  readonly #control: ControlClient;
  /** By endpoint: times in turn. */
  readonly #downs = new Map<string, number[]>();
  readonly #stop = new AbortController();

  constructor(control: ControlClient) {
    this.#control = control;
    void this.#listen();
  }

  /** The first time at or after `fromMs` that the endpoint was taken for down; null: never. */
  downSince(endpoint: string, fromMs: number): number | null {
    return this.#downs.get(endpoint)?.find((atMs) => atMs >= fromMs) ?? null;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** A client that falls behind is let go; it goes on after the last event that it had. */
  async #listen(): Promise<void> {
    let lastId: string | null = null;
    while (!this.#stop.signal.aborted) {
      try {
        for await (const { id, at, kind, subject, to } of this.#control.events(null, lastId)) {
          if (this.#stop.signal.aborted) return;
          lastId = id;
          if (kind !== 'health' || to !== 'down') continue;
          const downs = this.#downs.get(subject);
          if (downs === undefined) this.#downs.set(subject, [Date.parse(at)]);
          else downs.push(Date.parse(at));
        }
      } catch (error) {
        if (!this.#stop.signal.aborted) throw error;
      }
    }
  }
}
