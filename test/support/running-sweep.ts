// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Prober } from '../../src/plugin/api.js';
import { Inbox } from '../../src/runtime/inbox.js';

/** A sweep that goes on from probe to probe, as the daemon's do. */
export interface RunningSweep extends AsyncDisposable {
  /** Probes all at once; rejects when the sweep ends by itself. */
  (targets: readonly CheckTarget[]): Promise<readonly CheckOutcome[]>;
}

export function startSweep(prober: Prober): RunningSweep {
  const abort = new AbortController();
  const inbox = new Inbox<CheckTarget>(abort.signal);
  const waiting = new Map<CheckTarget, (outcome: CheckOutcome) => void>();
  const sweeping = prober.probeMany!(
    inbox,
    (target, outcome) => {
      waiting.get(target)?.(outcome);
      waiting.delete(target);
    },
    abort.signal,
  );
  const ended = sweeping.then(() => {
    throw new Error('the sweep ended');
  });
  ended.catch(() => {});
  const probe = (target: CheckTarget): Promise<CheckOutcome> => {
    const answer = new Promise<CheckOutcome>((resolve) => waiting.set(target, resolve));
    inbox.add(target);
    return Promise.race([answer, ended]);
  };
  return Object.assign((targets: readonly CheckTarget[]) => Promise.all(targets.map(probe)), {
    async [Symbol.asyncDispose]() {
      abort.abort();
      await sweeping;
      await prober[Symbol.asyncDispose]?.();
    },
  });
}
