// SPDX-License-Identifier: MIT
import type { Socket } from 'node:net';

/**
 * Ends a connection at once, by RST where that is possible: not while it is being opened, nor while its FIN
 * waits behind unsent data (libuv refuses with EINVAL then).
 */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  const closing = socket.writableEnded && !socket.writableFinished;
  if (socket.connecting || closing) socket.destroy();
  else socket.resetAndDestroy();
}
