// SPDX-License-Identifier: MIT
/** Loaded into a measured process by `--import`: when its event loop was held for long, told at its end. */
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** One hold of the loop: since the process began, and how long. */
export interface LoopHold {
  readonly atMs: number;
  readonly lastedMs: number;
}

/** How often the loop should come round. */
const beatMs = 2;
/** Shorter ones are of no interest. */
const leastMs = 5;

const file = process.env['SLUICE_BENCH_LOOP'];
if (isMainThread && file !== undefined) {
  const holds: LoopHold[] = [];
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    const lastedMs = now - last - beatMs;
    if (lastedMs >= leastMs) holds.push({ atMs: last, lastedMs });
    last = now;
  }, beatMs).unref();
  process.on('exit', () => writeFileSync(file, JSON.stringify(holds)));
}
