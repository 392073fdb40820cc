// SPDX-License-Identifier: MIT
import type { Socket } from 'node:net';
import type { Clock } from 'sluice';
import { reset } from './reset.js';

/** A reset waits so long for a peer to take what was said before it. */
const LAST_WORDS_MS = 5_000;

/**
 * Carries bytes both ways. Each side's FIN is passed on by itself, so half-closed connections live; a slow
 * reader slows the writer; and a side that ends in any other way than by FIN resets the other, as a client
 * must not take a truncated answer for a whole one.
 */
export function splice(a: Socket, b: Socket, clock: Clock): void {
  passOn(a, b, clock);
  passOn(b, a, clock);
  a.pipe(b);
  b.pipe(a);
}

function passOn(from: Socket, to: Socket, clock: Clock): void {
  // The error itself says no more than the close that follows it.
  from.on('error', () => undefined);
  from.once('close', () => {
    const inOrder = from.readableEnded && from.writableFinished;
    if (!inOrder) resetAfterLastWords(to, clock);
  });
}

/** What came before a reset is handed to the system first: a reset throws away what is still queued here. */
function resetAfterLastWords(socket: Socket, clock: Clock): void {
  if (socket.destroyed || socket.writableLength === 0) {
    reset(socket);
    return;
  }
  const timer = clock.after(LAST_WORDS_MS, () => reset(socket));
  socket.once('close', () => timer[Symbol.dispose]());
  if (socket.writableEnded) socket.once('finish', () => reset(socket));
  // Not `end`: a FIN would pass the truncated stream off as a whole one.
  else socket.write('', () => reset(socket));
}
