// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from 'node:timers/promises';
import type { Members } from '../kit/members.js';
import { treeCpuMs } from '../kit/process-cpu.js';
import { residentMiB } from '../kit/process-size.js';
import { tcpCounters } from '../kit/tcp-counters.js';
import type { Checker, Lateness } from './checker.js';
import type { Way } from './parts.js';

export interface Measured {
  readonly cpuUsPerCheck: number;
  readonly checksPerSecond: number;
  /** Members that are up in the checker's opinion; all are, in truth. */
  readonly up: number;
  readonly residentMiB: number;
  readonly lateness: Lateness | null;
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
  members: Members,
  { warmSeconds, windowSeconds }: Times,
): Promise<Measured> {
  const done = async (): Promise<number> => {
    if (count === 'requests') return (await members.counts()).served;
    return tcpCounters()[count === 'connects' ? 'ActiveOpens' : 'OutRsts']!;
  };
  await sleep(warmSeconds * 1000);
  const [before, cpuBefore, startMs] = [await done(), treeCpuMs(checker.pid), performance.now()];
  await sleep(windowSeconds * 1000);
  const [after, cpuAfter, endMs] = [await done(), treeCpuMs(checker.pid), performance.now()];
  const checks = after - before;
  return {
    cpuUsPerCheck: ((cpuAfter - cpuBefore) * 1000) / checks,
    checksPerSecond: (checks * 1000) / (endMs - startMs),
    residentMiB: residentMiB(checker.pid),
    up: await checker.up(),
    lateness: await checker.lateness(),
  };
}
