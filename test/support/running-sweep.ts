// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Prober } from '../../src/plugin/api.js';
import { Inbox } from '../../src/runtime/inbox.js';

/** A sweep that begins with the first probe and goes on from one to the next, as the daemon's do. */
export interface RunningSweep extends AsyncDisposable {
  /** Probes all at once; rejects when the sweep ends by itself. */
  (targets: readonly CheckTarget[]): Promise<readonly CheckOutcome[]>;
}

export function startSweep(prober: Prober): RunningSweep {
  const abort = new AbortController();
  const inbox = new Inbox<CheckTarget>(abort.signal);
  const waiting = new Map<CheckTarget, (outcome: CheckOutcome) => void>();
  const report = (target: CheckTarget, outcome: CheckOutcome): void => {
    waiting.get(target)?.(outcome);
    waiting.delete(target);
  };
  let sweeping: Promise<void> | null = null;
  const probe = (target: CheckTarget): Promise<CheckOutcome> => {
    sweeping ??= prober.probeMany!(inbox, report, abort.signal);
    const ended = sweeping.then(() => {
      throw new Error('the sweep ended');
    });
    ended.catch(() => {});
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
