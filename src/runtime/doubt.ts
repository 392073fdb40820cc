// SPDX-License-Identifier: MIT
import { readFile } from 'node:fs/promises';
import type { Clock } from '../plugin/api.js';

/** The sentinel's beat; blocks shorter than this pass unseen, and no time-out of a check is that short. */
const BEAT_MS = 100;
/** Later than this, and the loop was held by something. */
const LATE_MS = 50;
const TABLE_BEAT_MS = 5_000;
/** How long a sign of unfitness lasts after it was last seen. */
const MEMORY_MS = 5_000;

interface Block {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface DoubtOptions {
  readonly clock: Clock;
  /** Told when fitness changes: a sentence, or null when fit again. */
  readonly onChange: (unfit: string | null) => void;
  /** Told of each block of the event loop, with its length. */
  readonly onBlock: (blockedMs: number) => void;
  /** Reads the connection table's fill, null where there is none; replaced in tests. */
  readonly connectionTable?: () => Promise<{ readonly count: number; readonly max: number } | null>;
}

/**
 * The daemon's doubt of itself: a loop that was held, descriptors or ports that ran out, a full connection
 * table. A silence that falls into such a time says nothing about the member.
 */
export class Doubt implements Disposable {
  readonly #options: Required<DoubtOptions>;
  readonly #signs = new Map<string, { readonly sentence: string; readonly untilMs: number }>();
  readonly #blocks: Block[] = [];
  #beat: Disposable | null = null;
  #beatDueMs = 0;
  #tableDueMs = 0;
  #told: string | null = null;

  constructor(options: DoubtOptions) {
    this.#options = { connectionTable: readConnectionTable, ...options };
  }

  start(): void {
    this.#tableDueMs = this.#options.clock.monotonicMs();
    this.#arm();
  }

  /** Why results can't be trusted just now; null when fit. */
  get unfit(): string | null {
    const nowMs = this.#options.clock.monotonicMs();
    for (const sign of this.#signs.values()) if (sign.untilMs > nowMs) return sign.sentence;
    return null;
  }

  /** A sign seen by somebody else, such as a check that got EMFILE. */
  note(sign: string, sentence: string): void {
    this.#signs.set(sign, { sentence, untilMs: this.#options.clock.monotonicMs() + MEMORY_MS });
    this.#tell();
  }

  /** For how long the loop was held between two moments of the monotonic clock, as far as known by now. */
  blockedMs(fromMs: number, toMs: number): number {
    let sum = Math.max(0, toMs - Math.max(fromMs, this.#beatDueMs + LATE_MS));
    for (const block of this.#blocks)
      sum += Math.max(0, Math.min(toMs, block.toMs) - Math.max(fromMs, block.fromMs));
    return sum;
  }

  [Symbol.dispose](): void {
    this.#beat?.[Symbol.dispose]();
    this.#beat = null;
  }

  #arm(): void {
    this.#beatDueMs = this.#options.clock.monotonicMs() + BEAT_MS;
    this.#beat = this.#options.clock.after(BEAT_MS, () => this.#tick());
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const lateMs = nowMs - this.#beatDueMs;
    if (lateMs > LATE_MS) {
      this.#blocks.push({ fromMs: this.#beatDueMs, toMs: nowMs });
      if (this.#blocks.length > 64) this.#blocks.shift();
      this.#options.onBlock(lateMs);
    }
    if (nowMs >= this.#tableDueMs) {
      this.#tableDueMs = nowMs + TABLE_BEAT_MS;
      void this.#readTable();
    }
    this.#tell();
    this.#arm();
  }

  async #readTable(): Promise<void> {
    const table = await this.#options.connectionTable();
    if (table !== null && table.count >= table.max * 0.98) {
      this.note(
        'conntrack',
        `the kernel's connection table is full (${table.count} of ${table.max}): raise net.netfilter.nf_conntrack_max`,
      );
    }
  }

  #tell(): void {
    const unfit = this.unfit;
    if (unfit === this.#told) return;
    this.#told = unfit;
    this.#options.onChange(unfit);
  }
}

/** From /proc/sys/net/netfilter; null where connection tracking is not in the kernel. */
async function readConnectionTable(): Promise<{ count: number; max: number } | null> {
  try {
    const read = async (name: string): Promise<number> =>
      Number(await readFile(`/proc/sys/net/netfilter/nf_conntrack_${name}`, 'latin1'));
    return { count: await read('count'), max: await read('max') };
  } catch {
    return null;
  }
}
