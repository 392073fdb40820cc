// SPDX-License-Identifier: MIT
import { performance } from 'node:perf_hooks';
import type { Clock } from '../plugin/api.js';

/** setTimeout(3) of Node.js fires at once beyond this; longer waits go in legs. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The real time of this host. Its timers never keep the process alive by themselves. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    let restMs = Math.max(0, delayMs);
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const legMs = Math.min(restMs, LONGEST_TIMER_MS);
      restMs -= legMs;
      timer = setTimeout(() => (restMs > 0 ? arm() : callback()), legMs);
      timer.unref();
    };
    arm();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
