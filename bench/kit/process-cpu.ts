// SPDX-License-Identifier: MIT
/**
 * CPU time of any process, user and system together, in nanoseconds' resolution: its CPU-time clock, see
 * clock_getcpuclockid(3). It counts all threads, ended ones too, and what the kernel does while the process is
 * on the CPU; that is the packet work of both ends on loopback. /proc/PID/stat counts ticks of 10 ms instead.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The kernel's number for "the CPU time of a whole process", CPUCLOCK_SCHED of linux/posix-timers.h. */
const PROCESS_CLOCK = 2;
const TICK_MS = 10;

type ClockGettime = (clock: number, time: BigInt64Array) => number;
let clockGettime: ClockGettime | undefined;

/** Of the process alone, without its children. */
export function cpuMs(pid: number): number {
  clockGettime ??= loadClock();
  const time = new BigInt64Array(2);
  if (clockGettime((~pid << 3) | PROCESS_CLOCK, time) !== 0) throw new Error(`process ${pid} is gone`);
  return Number(time[0]) * 1000 + Number(time[1]) / 1e6;
}

/** Of the children that have ended and were waited for, and of theirs; counted in ticks of 10 ms, see proc(5). */
export function endedChildrenCpuMs(pid: number = process.pid): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

/** Of the process, of its children that have ended, and of those that live, and so on down. */
export function treeCpuMs(pid: number = process.pid): number {
  const living = childrenOf(pid).map((child) => treeCpuMs(child));
  return cpuMs(pid) + endedChildrenCpuMs(pid) + living.reduce((sum, one) => sum + one, 0);
}

/** Living children, of all threads. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

function loadClock(): ClockGettime {
  interface Koffi {
    load(path: null): { func(definition: string): ClockGettime };
  }
  const koffi: Koffi = createRequire(import.meta.url)('koffi');
  return koffi.load(null).func('int clock_gettime(int, void *)');
}
