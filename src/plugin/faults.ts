// SPDX-License-Identifier: MIT
import type { Clock } from './api.js';

/**
 * What a plugin did wrong: it threw, its promise rejected, it did not settle in time, it answered a synchronous
 * hook with a promise, it returned what the contract does not know, it rejected after its time-out, it held the
 * event loop, or it left something open when it was let go.
 */
export type FaultKind =
  | 'throw'
  | 'reject'
  | 'timeout'
  | 'async-in-sync'
  | 'nonsense'
  | 'late'
  | 'blocked'
  | 'leak';

/** A fault as it is filed. */
export interface FaultReport {
  /** `kind/name`. */
  readonly plugin: string;
  /** The call or hook in which it happened: `probe`, `apply`, `healthChanged`, … */
  readonly hook: string;
  readonly kind: FaultKind;
  /** The error's `code`, else its name; for other kinds the kind. */
  readonly code?: string;
  readonly message: string;
}

export interface Fault extends FaultReport {
  readonly code: string;
  /** Wall-clock ms since the epoch. */
  readonly at: number;
  /** Faults of the same plugin, hook and kind since listeners were last told, which they were not told of. */
  readonly untold: number;
}

export interface FaultSummary {
  readonly plugin: string;
  readonly faults: number;
  readonly last: Fault;
}

/** A check that throws at every probe is told of this often, not thousands of times a second. */
const TELL_EVERY_MS = 10_000;
const LONGEST_MESSAGE = 500;

interface Told {
  atMs: number;
  untold: number;
}

/** The ledger of what plugins did wrong, kept as long as the daemon lives: the source of log, journal and status. */
export class Faults {
  readonly #clock: Clock;
  readonly #summaries = new Map<string, FaultSummary>();
  readonly #told = new Map<string, Told>();
  readonly #listeners = new Set<(fault: Fault) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(report: FaultReport): Fault {
    const code = report.code ?? report.kind;
    const message = bounded(report.message);
    const told = this.#toldOf(report);
    const nowMs = this.#clock.monotonicMs();
    const tell = nowMs - told.atMs >= TELL_EVERY_MS;
    const fault: Fault = { ...report, code, message, at: this.#clock.now(), untold: told.untold };
    const faults = this.count(report.plugin) + 1;
    this.#summaries.set(report.plugin, { plugin: report.plugin, faults, last: fault });
    if (tell) {
      told.atMs = nowMs;
      told.untold = 0;
      for (const listener of this.#listeners) listener(fault);
    } else told.untold += 1;
    return fault;
  }

  /**
   * Tells of faults, the same fault (plugin, hook, kind) at most every ten seconds. The listener is the
   * daemon's own and must not throw.
   */
  onFault(listener: (fault: Fault) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Faults of a plugin (`kind/name`) since the daemon started. */
  count(plugin: string): number {
    return this.#summaries.get(plugin)?.faults ?? 0;
  }

  last(plugin: string): Fault | undefined {
    return this.#summaries.get(plugin)?.last;
  }

  /** Every plugin that ever faulted. */
  summaries(): readonly FaultSummary[] {
    return [...this.#summaries.values()];
  }

  #toldOf({ plugin, hook, kind }: FaultReport): Told {
    const key = `${plugin} ${hook} ${kind}`;
    let told = this.#told.get(key);
    if (told === undefined) {
      told = { atMs: Number.NEGATIVE_INFINITY, untold: 0 };
      this.#told.set(key, told);
    }
    return told;
  }
}

/** One sentence for log, journal and status. */
export function faultSentence(fault: Fault): string {
  const more = fault.untold === 0 ? '' : ` (and ${fault.untold} more like it)`;
  return `plugin ${fault.plugin}, ${fault.hook}: ${fault.message}${more}`;
}

/** Message and code of whatever was thrown; what a plugin throws may be anything, even hostile to being shown. */
export function describeThrown(thrown: unknown): { readonly code: string; readonly message: string } {
  try {
    if (!(thrown instanceof Error)) return { code: 'not-an-error', message: `threw ${String(thrown)}` };
    const code: unknown = 'code' in thrown ? thrown.code : undefined;
    const { name, message }: { name: unknown; message: unknown } = thrown;
    return { code: text(code) ?? text(name) ?? 'Error', message: text(message) ?? text(name) ?? 'Error' };
  } catch {
    return { code: 'not-an-error', message: 'threw something that cannot be shown' };
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function bounded(message: string): string {
  const line = message.replaceAll(/\s*\n\s*/g, ' ');
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE - 1)}…`;
}
