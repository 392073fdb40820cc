// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbingStatus } from '../../src/status.js';
import type { Members } from '../kit/members.js';
import { treeCpuMs } from '../kit/process-cpu.js';
import { residentMiB } from '../kit/process-size.js';
import { tcpCounters } from '../kit/tcp-counters.js';
import type { Checker } from './checker.js';
import type { Way } from './parts.js';

export interface Measured {
  readonly cpuUsPerCheck: number;
  readonly checksPerSecond: number;
  /** Members that are up in the checker's opinion; all are, in truth. */
  readonly up: number;
  readonly residentMiB: number;
  /** How late checks began after they were due, of the last one to two minutes, by its own account. */
  readonly lateness: ProbingStatus['late_ms'];
  /** How many checks it counts itself for each that was counted here; NaN where it doesn't count. */
  readonly ownShare: number;
}

export interface Times {
  /** From the start of the program: it loads, compiles, and has every member's first results. */
  readonly warmSeconds: number;
  readonly windowSeconds: number;
}

/** Nothing is subtracted: all that the program does while it checks is the cost of its checks. */
export async function measure(
  checker: Checker,
  count: Way['count'],
  members: Pick<Members, 'counts'>,
  { warmSeconds, windowSeconds }: Times,
): Promise<Measured> {
  const done = async (): Promise<number> => {
    if (count === 'requests') return (await members.counts()).served;
    return tcpCounters()[count === 'connects' ? 'ActiveOpens' : 'OutRsts']!;
  };
  await sleep(warmSeconds * 1000);
  // Its own account first and last: giving it is no work for checks.
  const ownBefore = await ownCount(checker);
  const [before, cpuBefore, startMs] = [await done(), treeCpuMs(checker.pid), performance.now()];
  await sleep(windowSeconds * 1000);
  const [after, cpuAfter, endMs] = [await done(), treeCpuMs(checker.pid), performance.now()];
  const own = await ownCount(checker);
  const checksPerSecond = ((after - before) * 1000) / (endMs - startMs);
  const ownPerSecond = ((own.started - ownBefore.started) * 1000) / (own.atMs - ownBefore.atMs);
  return {
    cpuUsPerCheck: ((cpuAfter - cpuBefore) * 1000) / (after - before),
    checksPerSecond,
    residentMiB: residentMiB(checker.pid),
    up: await checker.up(),
    lateness: own.lateness,
    ownShare: ownPerSecond / checksPerSecond,
  };
}

async function ownCount(checker: Checker) {
  const said = await checker.ownCount();
  return { atMs: performance.now(), started: said?.started ?? NaN, lateness: said?.late_ms ?? null };
}
