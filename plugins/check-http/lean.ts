// SPDX-License-Identifier: MIT
import type { Prober } from 'sluice';
import { loadLibc } from 'sluice/kernel';
import { codeOf } from '../outcome.js';
import { HttpSweep } from './http-sweep.js';
import type { PortableParts, PortableProber } from './portable-prober.js';
import { requestBytes } from './request-bytes.js';
import { SecondOpinion } from './second-opinion.js';

type ProbeMany = NonNullable<Prober['probeMany']>;

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

/** The sweep form of the check for plain HTTP. Throws what is a bug. */
export async function probeMany(
  { context, judge, expected, requestFor }: PortableParts,
  portable: PortableProber,
  [targets, report, signal]: Parameters<ProbeMany>,
): Promise<void> {
  const over = new AbortController();
  const opinion = new SecondOpinion(portable, context.clock);
  const retired = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  let fail: (bug: unknown) => void = () => {};
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
  });
  using sweep = new HttpSweep(
    {
      clock: context.clock,
      judge,
      expected,
      request: (target) => requestBytes(requestFor(target), expected.reuse),
      again: (target, startedMs) => opinion.ask(target, startedMs, over.signal),
    },
    report,
    fail,
  );
  try {
    await Promise.race([probeAll(sweep, targets), retired, broken]);
  } finally {
    over.abort();
  }
}

async function probeAll(sweep: HttpSweep, targets: Parameters<ProbeMany>[0]): Promise<void> {
  for await (const batch of targets) for (const target of batch) sweep.probe(target);
  await sweep.answered();
}
