// SPDX-License-Identifier: MIT
import type { Socket } from 'node:net';
import type { CheckOutcome } from 'sluice';
import { fail, inconclusive, outcomeOfError } from '../outcome.js';
import { RegexTimeout } from './regex.js';
import { type Progress, type Script, startDialogue } from './script.js';
import type { Transcript } from './transcript.js';

export interface Conversation {
  readonly script: Script;
  /** After the script the peer must end the connection in order (FIN). */
  readonly close: boolean;
  /** Ends the conversation; what was being waited for is the reason. */
  readonly signal: AbortSignal;
  readonly transcript: Transcript;
}

/**
 * Holds the script's dialogue over a connected socket, TLS or not. Null: all went as scripted. The socket stays
 * the caller's to close.
 */
export function converse(socket: Socket, conversation: Conversation): Promise<CheckOutcome | null> {
  const { script, close, signal, transcript } = conversation;
  const dialogue = startDialogue(script);
  let matched = false;
  return new Promise((resolve) => {
    const finish = (outcome: CheckOutcome | null): void => {
      socket.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const follow = (progress: Progress): void => {
      for (const bytes of progress.send) {
        transcript.sent(bytes);
        socket.write(bytes);
      }
      if (progress.state === 'mismatch') finish(fail('mismatch', progress.reason));
      if (progress.state === 'flood') finish(fail('protocol', progress.reason));
      if (progress.state === 'matched') {
        matched = true;
        if (!close) finish(null);
      }
    };
    const onData = (chunk: Buffer): void => {
      transcript.received(chunk);
      if (matched) return;
      try {
        follow(dialogue.received(chunk));
      } catch (error) {
        if (!(error instanceof RegexTimeout)) throw error;
        finish(inconclusive(error.message));
      }
    };
    const onEnd = (): void => {
      transcript.note('the peer closed');
      if (matched) finish(null);
      else if (dialogue.heard()) finish(fail('mismatch', `${dialogue.waitingFor()}, then the end`));
      else finish(fail('protocol', `closed by the peer: ${dialogue.waitingFor()}`));
    };
    const onError = (error: Error): void => {
      transcript.note(error.message);
      finish(outcomeOfError(error));
    };
    const onClose = (): void => finish(fail('reset', 'connection lost'));
    const onAbort = (): void => {
      if (matched) finish(fail('timeout', 'the peer did not close the connection in time'));
      else if (dialogue.heard()) finish(fail('mismatch', dialogue.waitingFor()));
      else finish(fail('timeout', `timed out: ${dialogue.waitingFor()}`));
    };
    socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else follow(dialogue.start());
  });
}
