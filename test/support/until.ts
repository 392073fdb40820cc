// SPDX-License-Identifier: MIT
import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  readonly deadlineMs?: number;
  readonly everyMs?: number;
  /** What is awaited, for the message of the error. */
  readonly what?: string;
}

/**
 * Waits for a condition instead of for a time: resolves with the first truthy value of `condition`, and rejects
 * when `deadlineMs` (10 s) have passed without one, with the last error that `condition` threw as its cause.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const { deadlineMs = 10_000, everyMs = 20, what = 'the condition' } = options;
  const end = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as Exclude<T, false | null | undefined | 0 | ''>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= end)
      throw new Error(`${what} did not come about in ${deadlineMs} ms`, { cause });
    await sleep(everyMs);
  }
}
