// SPDX-License-Identifier: MIT
import type { Logger } from 'pino';
import type { Clock } from '../plugin/api.js';
import { BlockWatch } from '../plugin/block-watch.js';
import type { Faults } from '../plugin/faults.js';
import { OpenHandles } from '../plugin/handles.js';
import { pluginId } from '../plugin/plugin-registry.js';
import { lastBlocker } from '../plugin/running.js';
import type { PluginRegistry } from '../plugin/registry.js';
import { Doubt } from './doubt.js';

/** A hold of the loop that is told even when no plugin is to blame. */
const TELL_BLOCK_MS = 250;
/** How often the sockets and processes that plugins hold are looked at; also what a retired one has to close its own. */
const COUNT_HANDLES_MS = 60_000;

export interface SelfWatchOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly faults: Faults;
  /** What is in force: how many probes there are, and which plugins are alive. */
  readonly inForce: () => { readonly probes: number; readonly registry: PluginRegistry };
  readonly onUnfit: (unfit: string | null) => void;
}

/** The daemon's eye on itself: its doubt, who holds its event loop, and who leaves handles open. */
export class SelfWatch implements Disposable {
  readonly doubt: Doubt;
  readonly #options: SelfWatchOptions;
  readonly #blockWatch: BlockWatch;
  readonly #handles = new OpenHandles();
  #timer: Disposable | null = null;

  constructor(options: SelfWatchOptions) {
    const { clock, faults, onUnfit } = options;
    this.#options = options;
    this.#blockWatch = new BlockWatch(faults, clock);
    this.doubt = new Doubt({ clock, onChange: onUnfit, onBlock: (blockedMs) => this.#held(blockedMs) });
  }

  start(): void {
    this.doubt.start();
    this.#countHandles();
  }

  [Symbol.dispose](): void {
    this.doubt[Symbol.dispose]();
    this.#blockWatch[Symbol.dispose]();
    this.#timer?.[Symbol.dispose]();
    this.#handles[Symbol.dispose]();
  }

  /** A short hold is no news; who held the loop for long is named, a plugin by the ledger of faults. */
  #held(blockedMs: number): void {
    const { clock, log } = this.#options;
    if (lastBlocker(clock.monotonicMs() - blockedMs - TELL_BLOCK_MS) !== undefined) return;
    this.#blockWatch.suspect();
    if (blockedMs < TELL_BLOCK_MS) return;
    log.warn(
      { blockedMs: Math.round(blockedMs) },
      'the event loop was held: this host is busy, or sluice is',
    );
  }

  /** A check that leaks is named long before the descriptors run out; so is one that left some when it went. */
  #countHandles(): void {
    const { clock, faults, inForce } = this.#options;
    this.#timer = clock.after(COUNT_HANDLES_MS, () => {
      const { probes, registry } = inForce();
      this.#handles.fileExcess(probes, faults);
      this.#handles.fileLeaks(new Set(registry.loaded().map(({ plugin }) => pluginId(plugin))), faults);
      this.#countHandles();
    });
  }
}
