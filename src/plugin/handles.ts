// SPDX-License-Identifier: MIT
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type { Faults } from './faults.js';
import { currentCaller } from './running.js';

/** Node.js announces each new handle here, with the event that ends it: https://nodejs.org/api/diagnostics_channel.html */
const CHANNELS = [
  { name: 'net.client.socket', field: 'socket', ends: 'close' },
  { name: 'udp.socket', field: 'socket', ends: 'close' },
  { name: 'child_process', field: 'process', ends: 'exit' },
] as const;

/** Some end late, and some are kept for the next probe; more than this is neither. */
const PLAUSIBLE = { perProbe: 4, more: 64 } as const;

/**
 * Counts the sockets and processes that plugins opened and have not closed, whether or not they came from
 * `context.connect`: who holds all the descriptors, and who left some behind.
 */
export class OpenHandles implements Disposable {
  readonly #open = new Map<string, number>();
  #suspects: ReadonlySet<string> = new Set();
  readonly #subscriptions = CHANNELS.map(({ name, field, ends }) => {
    const onMessage = (message: unknown): void => this.#opened(message, field, ends);
    subscribe(name, onMessage);
    return () => unsubscribe(name, onMessage);
  });

  /** Plugins (`kind/name`) with open handles, the one with most first. */
  holders(): readonly { readonly plugin: string; readonly open: number }[] {
    return [...this.#open]
      .map(([plugin, open]) => ({ plugin, open }))
      .toSorted((left, right) => right.open - left.open);
  }

  /**
   * Files what plugins left open of which no instance lives any more. The first call only suspects: an old
   * instance's last probes may still be under way.
   */
  fileLeaks(alive: ReadonlySet<string>, faults: Faults): void {
    const orphans = this.holders().filter(({ plugin }) => !alive.has(plugin));
    for (const { plugin, open } of orphans) {
      if (!this.#suspects.has(plugin)) continue;
      const what = open === 1 ? 'a socket or process' : `${open} sockets or processes`;
      faults.add({ plugin, hook: 'dispose', kind: 'leak', message: `left ${what} open` });
    }
    this.#suspects = new Set(orphans.map(({ plugin }) => plugin));
  }

  /**
   * Files checks that hold far more than probes under way and kept connections explain.
   * @param probes how many probes are on schedule; never do two of one run at a time
   */
  fileExcess(probes: number, faults: Faults): void {
    for (const { plugin, open } of this.holders()) {
      if (!plugin.startsWith('check/') || open <= probes * PLAUSIBLE.perProbe + PLAUSIBLE.more) continue;
      const message = `has ${open} sockets or processes open for ${probes} probes: it does not close them`;
      faults.add({ plugin, hook: 'probe', kind: 'leak', message });
    }
  }

  [Symbol.dispose](): void {
    for (const stop of this.#subscriptions) stop();
  }

  #opened(message: unknown, field: string, ends: string): void {
    const plugin = currentCaller()?.plugin;
    const handle: unknown = typeof message === 'object' && message !== null && Reflect.get(message, field);
    if (plugin === undefined || !(handle instanceof EventEmitter)) return;
    this.#count(plugin, 1);
    handle.once(ends, () => this.#count(plugin, -1));
  }

  #count(plugin: string, change: 1 | -1): void {
    const open = (this.#open.get(plugin) ?? 0) + change;
    if (open === 0) this.#open.delete(plugin);
    else this.#open.set(plugin, open);
  }
}
