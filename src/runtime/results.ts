// SPDX-License-Identifier: MIT
import type { CheckOutcome } from '../plugin/api.js';
import type { ProbeResult } from './probe.js';

const KEPT = 10;

/**
 * The last results of every probe, by the probe's number. In columns: at ten thousand results a second an object
 * for each would be most of what the collector of garbage has to move.
 */
export class Results {
  readonly #outcomes: (CheckOutcome | null)[];
  readonly #at: Float64Array;
  readonly #tookMs: Float32Array;
  /** Where each probe's next result goes. */
  readonly #next: Uint8Array;

  constructor(probes: number) {
    this.#outcomes = Array.from({ length: probes * KEPT }, () => null);
    this.#at = new Float64Array(probes * KEPT);
    this.#tookMs = new Float32Array(probes * KEPT);
    this.#next = new Uint8Array(probes);
  }

  add(probe: number, { outcome, at, tookMs }: ProbeResult): void {
    const next = this.#next[probe]!;
    const place = probe * KEPT + next;
    const last = this.#outcomes[probe * KEPT + ((next + KEPT - 1) % KEPT)]!;
    this.#outcomes[place] = last !== null && saysTheSame(last, outcome) ? last : outcome;
    this.#at[place] = at;
    this.#tookMs[place] = tookMs;
    this.#next[probe] = (next + 1) % KEPT;
  }

  /** Newest first. */
  of(probe: number): ProbeResult[] {
    const results: ProbeResult[] = [];
    for (let back = 1; back <= KEPT; back += 1) {
      const place = probe * KEPT + ((this.#next[probe]! + KEPT - back) % KEPT);
      const outcome = this.#outcomes[place]!;
      if (outcome === null) break;
      results.push({ outcome, at: this.#at[place]!, tookMs: this.#tookMs[place]! });
    }
    return results;
  }
}

/** A member says the same for days: one object of it is enough. What carries more than a reason is kept as it came. */
function saysTheSame(a: CheckOutcome, b: CheckOutcome): boolean {
  return a.reason === b.reason && isPlain(a) && isPlain(b) && kindOf(a) === kindOf(b);
}

function isPlain(outcome: CheckOutcome): boolean {
  return !('details' in outcome) && !('weight' in outcome) && !('admin' in outcome);
}

function kindOf(outcome: CheckOutcome): string {
  return outcome.verdict === 'fail' ? outcome.kind : outcome.verdict;
}
