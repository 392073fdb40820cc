// SPDX-License-Identifier: MIT
import { setMaxListeners } from 'node:events';
import type { CheckOutcome, CheckTarget, Prober } from 'sluice';
import { loadLibc } from 'sluice/kernel';
import { codeOf } from '../outcome.js';
import { HttpSweep } from './http-sweep.js';
import type { PortableParts, PortableProber } from './portable-prober.js';
import { PreparedRequests } from './prepared-requests.js';
import { requestBytes } from './request-bytes.js';
import { SecondOpinion } from './second-opinion.js';

type Sweeping = Parameters<NonNullable<Prober['probeMany']>>;

/** Whether this system has what the sweep is made of: Linux and koffi. */
export function isPossible(): boolean {
  try {
    loadLibc();
    return true;
  } catch (error) {
    if (codeOf(error) === 'SLUICE_UNAVAILABLE') return false;
    throw error;
  }
}

/**
 * The sweep form of the check for plain HTTP. What is odd is asked again by the portable way, so that the verdict
 * is the same wherever sluice runs. Rejects with what is a bug.
 */
export function probeMany(
  { context, judge, expected, requestFor }: PortableParts,
  portable: PortableProber,
  [targets, report, signal]: Sweeping,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    // Each odd answer under way listens.
    setMaxListeners(0, over.signal);
    const opinion = new SecondOpinion(portable, context.clock);
    let underWay = 0;
    let allTaken = false;
    const end = (): void => {
      over.abort();
      sweep[Symbol.dispose]();
      resolve();
    };
    const broken = (error: unknown): void => {
      reject(error);
      end();
    };
    const tell = (target: CheckTarget, outcome: CheckOutcome): void => {
      if (over.signal.aborted) return;
      underWay -= 1;
      report(target, outcome);
      if (allTaken && underWay === 0) end();
    };
    const sweep = new HttpSweep({
      clock: context.clock,
      judge,
      expected,
      requests: new PreparedRequests((target) => requestBytes(requestFor(target), expected.reuse)),
      report: tell,
      passOn: (target, startedMs) => {
        opinion.ask(target, startedMs, over.signal).then((outcome) => tell(target, outcome), broken);
      },
      broken,
    });
    const takeAll = async (): Promise<void> => {
      for await (const batch of targets) {
        if (over.signal.aborted) return;
        underWay += batch.length;
        // In one go: a target that waits in a batch for its turn would lose time that nobody knows of.
        for (const target of batch) sweep.probe(target);
      }
      allTaken = true;
      if (underWay === 0) end();
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    takeAll().catch(broken);
  });
}
