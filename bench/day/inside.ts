// SPDX-License-Identifier: MIT
/**
 * Loaded into the daemon by `--import`: at SIGUSR2 it collects garbage and writes down what is left, holding the event
 * loop for a second or more. The program needs `--expose-gc`.
 */
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { queryObjects } from 'node:v8';
import { isMainThread } from 'node:worker_threads';

export interface Inside {
  /** Which SIGUSR2 this answers, from 1. */
  readonly nth: number;
  readonly heapMiB: number;
  readonly externalMiB: number;
  /** Objects that are alive, by kind: what is forgotten in a list or a closure somewhere is among them. */
  readonly objects: Readonly<Record<string, number>>;
}

const kinds: Readonly<Record<string, Function>> = {
  timers: clearedTimer().constructor,
  sockets: Socket,
  signals: AbortSignal,
};

function clearedTimer(): NodeJS.Timeout {
  const timer = setTimeout(() => {}, 0);
  clearTimeout(timer);
  return timer;
}

const file = process.env['SLUICE_BENCH_INSIDE'];
if (isMainThread && file !== undefined) {
  let nth = 0;
  process.on('SIGUSR2', () => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    const objects = Object.fromEntries(
      Object.entries(kinds).map(([name, kind]) => [name, queryObjects(kind, { format: 'count' })]),
    );
    nth += 1;
    const inside: Inside = { nth, heapMiB: heapUsed / 2 ** 20, externalMiB: external / 2 ** 20, objects };
    writeFileSync(file, JSON.stringify(inside));
  });
}
