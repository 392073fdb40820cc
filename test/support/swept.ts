// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import type { CheckOutcome, CheckPlugin, CheckTarget, Prober } from '../../src/plugin/api.js';
import type { ObjectSchema } from '../../src/plugin/schema.js';

/** The check with its sweep in the place of its single probes, so that one test can try both. */
export function swept<S extends ObjectSchema>(plugin: CheckPlugin<S>): CheckPlugin<S> {
  return {
    ...plugin,
    async create(context, options) {
      return sweptProber(await plugin.create(context, options));
    },
  };
}

/** A prober without a sweep stays as it is. */
export function sweptProber(prober: Prober): Prober {
  if (prober.probeMany === undefined) return prober;
  const retired = new AbortController();
  const feed = new Feed(retired.signal);
  const waiting = new Map<CheckTarget, (outcome: CheckOutcome) => void>();
  const report = (target: CheckTarget, outcome: CheckOutcome): void => {
    const settle = waiting.get(target);
    assert.ok(settle !== undefined, 'a sweep reports each target once');
    waiting.delete(target);
    settle(outcome);
  };
  const sweep = prober.probeMany(feed, report, retired.signal);
  return {
    probe: async (target, signal) => {
      const own = { ...target };
      const outcome = new Promise<CheckOutcome>((resolve) => waiting.set(own, resolve));
      const aborted = new Promise<CheckOutcome>((resolve) => {
        const give = (): void => resolve({ verdict: 'fail', kind: 'timeout', reason: 'aborted' });
        if (signal.aborted) give();
        signal.addEventListener('abort', give, { once: true });
      });
      feed.push(own);
      return Promise.race([outcome, aborted, sweep.then(() => assert.fail('the sweep ended'))]);
    },
    async [Symbol.asyncDispose]() {
      retired.abort();
      await sweep;
      await prober[Symbol.asyncDispose]?.();
    },
  };
}

class Feed implements AsyncIterable<readonly CheckTarget[]> {
  readonly #retired: AbortSignal;
  #ready: CheckTarget[] = [];
  #wake: (() => void) | undefined;

  constructor(retired: AbortSignal) {
    this.#retired = retired;
    retired.addEventListener('abort', () => this.#wake?.());
  }

  push(target: CheckTarget): void {
    this.#ready.push(target);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly CheckTarget[]> {
    while (!this.#retired.aborted) {
      const batch = this.#ready.splice(0);
      if (batch.length > 0) yield batch;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
