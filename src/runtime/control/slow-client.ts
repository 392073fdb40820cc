// SPDX-License-Identifier: MIT
import type { ServerResponse } from 'node:http';

/**
 * Waits until a client that lags has read enough to go on. False: it went away, or did not read for
 * `timeoutMs`; stop writing.
 */
export function drained(response: ServerResponse, timeoutMs: number): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return Promise.resolve(false);
  if (!response.writableNeedDrain) return Promise.resolve(true);
  return new Promise((resolve) => {
    const done = (result: boolean): void => {
      clearTimeout(timer);
      response.off('drain', onDrain);
      response.off('close', onClose);
      resolve(result);
    };
    const onDrain = (): void => done(true);
    const onClose = (): void => done(false);
    const timer = setTimeout(() => done(false), timeoutMs);
    response.on('drain', onDrain);
    response.on('close', onClose);
  });
}
