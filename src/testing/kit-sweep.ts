// SPDX-License-Identifier: MIT
/** The contract of a check's sweep form (`probeMany`), as the core relies on it. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { CheckOutcome, CheckTarget, Prober } from '../plugin/api.js';
import { Inbox } from '../runtime/inbox.js';

/** Beyond a target's time-out; a busy test machine may need some of it. */
const LATE_MS = 500;
/** How long a sweep may go on after its signal has aborted. */
const ABORT_MS = 500;

/** Sweeps these targets together. Fails unless each is reported, once, in time, and none that was not yielded. */
export async function sweep(prober: Prober, targets: readonly CheckTarget[]): Promise<CheckOutcome[]> {
  const outcomes = new Map<CheckTarget, CheckOutcome>();
  const wrong: string[] = [];
  const longestMs = Math.max(...targets.map(({ timeoutMs }) => timeoutMs));
  await inSweep(prober, targets, async (reports, sweeping, over) => {
    const tooLate = deadline(longestMs + LATE_MS, over);
    const ended = sweeping.then(() => 'ended' as const);
    while (outcomes.size < targets.length) {
      const next = await Promise.race([reports.next(), tooLate, ended]);
      assert.notEqual(next, 'ended', 'the sweep ended before its targets did');
      const missing = targets.length - outcomes.size;
      assert.ok(
        typeof next === 'object',
        `${missing} of ${targets.length} targets were not reported in time`,
      );
      for (const [target, outcome] of next.value ?? []) {
        if (!targets.includes(target)) wrong.push('a target was reported that was never yielded');
        if (outcomes.has(target)) wrong.push('a target was reported twice');
        outcomes.set(target, outcome);
      }
    }
  });
  assert.deepEqual(wrong, []);
  return targets.map((target) => outcomes.get(target)!);
}

/** A sweep with one target under way has to end when it is told to. */
export async function abortedSweep(prober: Prober, target: CheckTarget): Promise<void> {
  await inSweep(prober, [target], () => delay(20));
}

type Reports = AsyncIterator<readonly (readonly [CheckTarget, CheckOutcome])[]>;

async function inSweep(
  prober: Prober,
  targets: readonly CheckTarget[],
  use: (reports: Reports, sweeping: Promise<void>, over: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const yielded = new Inbox<CheckTarget>(controller.signal);
  const reports = new Inbox<readonly [CheckTarget, CheckOutcome]>(controller.signal);
  for (const target of targets) yielded.add(target);
  const sweeping = prober.probeMany!(yielded, (...report) => reports.add(report), controller.signal);
  try {
    await use(reports[Symbol.asyncIterator](), sweeping, controller.signal);
  } finally {
    controller.abort();
  }
  const ended = new AbortController();
  const hangs = deadline(ABORT_MS, ended.signal);
  const first = await Promise.race([sweeping, hangs]);
  ended.abort();
  assert.notEqual(first, 'late', 'the sweep goes on after its abort');
}

/** Keeps the process alive until then, or until `signal` says that it is of no more interest. */
function deadline(ms: number, signal: AbortSignal): Promise<'late'> {
  return delay(ms, 'late' as const, { signal }).catch(() => 'late');
}
