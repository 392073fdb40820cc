// SPDX-License-Identifier: MIT
import { connect, type Socket } from 'node:net';
import type { Clock, RealServer } from 'sluice';

/** After so long without a word the system asks a peer whether it is still there, so that vanished ones end. */
export const KEEPALIVE_MS = 60_000;

/** Connects to a member. Rejects with the system's error, with ETIMEDOUT after `timeoutMs`, or on abort. */
export function dial(
  { address, port }: RealServer,
  { timeoutMs, clock, signal }: { timeoutMs: number; clock: Clock; signal: AbortSignal },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_MS,
    });
    const stop = (): void => void socket.destroy(new Error('the client is gone'));
    const timer = clock.after(timeoutMs, () => {
      const error = new Error(`connect ETIMEDOUT ${address}:${port} after ${timeoutMs} ms`);
      socket.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    });
    const settle = (): void => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', stop);
    };
    const fail = (error: Error): void => {
      settle();
      reject(error);
    };
    socket.on('error', fail);
    socket.once('connect', () => {
      settle();
      resolve(socket);
    });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
