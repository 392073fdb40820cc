// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Prober } from '../plugin/api.js';

type Probe = Prober['probe'];

/**
 * Gives a sweeping check (`probeMany`) the face of a plain one: targets flow into one long-lived sweep, reports
 * come back to whoever asked. A sweep that ends or throws fails what is waiting, and the next probe starts another.
 */
export function sweepingProbe(
  probeMany: NonNullable<Prober['probeMany']>,
  signal: AbortSignal,
): { readonly probe: Probe } {
  let queue: TargetQueue | null = null;
  const waiting = new Map<
    CheckTarget,
    { resolve: (outcome: CheckOutcome) => void; reject: (error: unknown) => void }
  >();

  function start(): TargetQueue {
    const fresh = new TargetQueue(signal);
    const end = (error: unknown): void => {
      if (queue === fresh) queue = null;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    probeMany(
      fresh,
      (target, outcome) => {
        waiting.get(target)?.resolve(outcome);
        waiting.delete(target);
      },
      signal,
    ).then(() => end(new Error('the sweep ended')), end);
    return fresh;
  }

  return {
    probe(target, abort) {
      queue ??= start();
      const pushTo = queue;
      return new Promise<CheckOutcome>((resolve, reject) => {
        waiting.set(target, { resolve, reject });
        abort.addEventListener(
          'abort',
          () => {
            waiting.delete(target);
            reject(abort.reason);
          },
          { once: true },
        );
        pushTo.push(target);
      });
    },
  };
}

/** An async iterable fed from outside; ends when `signal` aborts. */
class TargetQueue implements AsyncIterable<readonly CheckTarget[]> {
  #ready: CheckTarget[] = [];
  readonly #signal: AbortSignal;
  #wake: (() => void) | null = null;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  push(target: CheckTarget): void {
    this.#ready.push(target);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly CheckTarget[]> {
    while (!this.#signal.aborted) {
      const targets = this.#ready;
      this.#ready = [];
      if (targets.length > 0) yield targets;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = null;
      }
    }
  }
}
