// SPDX-License-Identifier: MIT
import { readFileSync, readdirSync } from 'node:fs';

/** Resident memory of a process: what it holds now, or the most that it ever held. */
export function residentMiB(pid: number, when: 'now' | 'peak' = 'now'): number {
  const field = when === 'now' ? 'VmRSS' : 'VmHWM';
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(text)?.[1]) / 1024;
}

/** Open file descriptors of a process. */
export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
