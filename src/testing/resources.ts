// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/** What keeps the process alive, by kind. */
export type Resources = ReadonlyMap<string, number>;

/** Handles are closed in the background; what stays longer than this is left. */
const PATIENCE_MS = 5_000;
/** Come and go with promises and files of the test runner itself. */
const PASSING = new Set(['Immediate', 'TickObject', 'FSReqCallback', 'FSReqPromise', 'CloseReq']);

export function settledResources(): Resources {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!PASSING.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Waits until no kind is more numerous than `before`; fails with the names of those that stay. */
export async function untilResources(before: Resources): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const left = [...settledResources()]
      .filter(([kind, count]) => count > (before.get(kind) ?? 0))
      .map(([kind, count]) => `${count - (before.get(kind) ?? 0)} ${kind}`);
    if (left.length === 0) return;
    assert.ok(performance.now() < endMs, `handles left open: ${left.join(', ')}`);
    await delay(10);
  }
}
