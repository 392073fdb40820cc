// SPDX-License-Identifier: MIT
import type { Socket } from 'node:net';
import type { CheckOutcome } from 'sluice';
import { quoteBytes } from '../dialogue/bytes.js';
import type { Transcript } from '../dialogue/transcript.js';
import { fail, outcomeOfError, timedOut } from '../outcome.js';

/** An agent's line is a handful of words. */
const LONGEST = 1024;

/** Asks, and reads up to the first line end or the end of the connection; or the outcome if that fails. */
export function readLine(
  socket: Socket,
  question: Buffer | null,
  signal: AbortSignal,
  transcript: Transcript,
): Promise<string | CheckOutcome> {
  return new Promise((resolve) => {
    let arrived = Buffer.alloc(0);
    const finish = (result: string | CheckOutcome): void => {
      socket.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      transcript.received(chunk);
      arrived = Buffer.concat([arrived, chunk.subarray(0, LONGEST + 1 - arrived.length)]);
      const end = arrived.findIndex((byte) => byte === 0x0a || byte === 0x0d);
      if (end >= 0) finish(arrived.toString('latin1', 0, end));
      else if (arrived.length > LONGEST) {
        finish(fail('protocol', `the agent's line does not end: ${quoteBytes(arrived)}`));
      }
    };
    const onEnd = (): void =>
      finish(
        arrived.length > 0 ? arrived.toString('latin1') : fail('protocol', 'the agent closed without a word'),
      );
    const onError = (error: Error): void => finish(outcomeOfError(error));
    const onClose = (): void => finish(fail('reset', 'connection lost'));
    const onAbort = (): void =>
      finish(
        arrived.length === 0
          ? timedOut("waiting for the agent's answer")
          : fail('protocol', `the agent's line does not end: ${quoteBytes(arrived)}`),
      );
    socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else if (question !== null) {
      transcript.sent(question);
      socket.write(question);
    }
  });
}
