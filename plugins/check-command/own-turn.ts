// SPDX-License-Identifier: MIT
import { setImmediate as nextTurn } from 'node:timers/promises';

let last: Promise<unknown> = Promise.resolve();

/**
 * Waits for a turn of the event loop that nobody else who waits here gets. To start a process holds the loop for
 * as long as the kernel copies the daemon's page tables, some milliseconds for each 50 MB: so one at a time, and
 * sockets in between.
 */
export function ownTurn(): Promise<void> {
  const turn = last.then(() => nextTurn());
  last = turn;
  return turn;
}
