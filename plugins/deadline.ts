// SPDX-License-Identifier: MIT
import type { CheckTarget, Clock } from 'sluice';

/** A signal of the check's own that also follows the core's. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Ends the timer and the tie to the core's signal. */
  release(): void;
}

const SHARE = 0.05;
const LEAST_MS = 5;
const MOST_MS = 50;

/**
 * How long a check may take of the target's time-out: a little less (a twentieth, 5 to 50 ms). The core files only
 * "timed out", while the check can still say what it was waiting for and what came instead.
 */
export function patienceMs({ timeoutMs }: CheckTarget): number {
  return Math.max(0, timeoutMs - Math.min(MOST_MS, Math.max(LEAST_MS, timeoutMs * SHARE)));
}

/** Aborts when the check's patience is at its end. */
export function deadline(target: CheckTarget, clock: Clock, signal: AbortSignal): Deadline {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal.reason);
  if (signal.aborted) follow();
  signal.addEventListener('abort', follow, { once: true });
  const timer = clock.after(patienceMs(target), () =>
    controller.abort(new Error('the deadline of the check is reached')),
  );
  return {
    signal: controller.signal,
    release() {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', follow);
    },
  };
}
