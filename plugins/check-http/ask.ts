// SPDX-License-Identifier: MIT
import type { Dispatcher } from 'undici';
import type { Transcript } from '../dialogue/transcript.js';
import type { Answer } from './answer.js';
import { DRAINED_BYTES } from './limits.js';
import type { HttpRequest } from './request.js';

export interface Question {
  readonly request: HttpRequest;
  /** How much of the body to read; 0: none of it, the status is enough. */
  readonly maxBody: number;
  /** Leave the connection fit for the next request. */
  readonly reuse: boolean;
  readonly signal: AbortSignal;
  readonly transcript: Transcript;
}

/** Ends a request whose answer says enough; goes no further than this module. */
class Enough extends Error {
  override readonly name = 'Enough';
}

/** Asks once. Rejects with undici's or the connection's error, or with the signal's reason. */
export function ask(dispatcher: Dispatcher, question: Question): Promise<Answer> {
  const { request, maxBody, reuse, signal, transcript } = question;
  return new Promise((resolve, reject) => {
    let control: Dispatcher.DispatchController | undefined;
    let status = 0;
    let read = 0;
    const parts: Buffer[] = [];
    const giveUp = (error: Error): void => {
      signal.removeEventListener('abort', onAbort);
      control?.abort(error);
      reject(error);
    };
    const onAbort = (): void => giveUp(new Error('aborted', { cause: signal.reason }));
    const answer = (): void => {
      signal.removeEventListener('abort', onAbort);
      resolve({ status, body: Buffer.concat(parts) });
    };
    /** The rest of the answer is not wanted, so the connection is of no more use. */
    const stop = (): void => {
      answer();
      control?.abort(new Enough('enough was read'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    transcript.sent(Buffer.from(`${request.method} ${request.path} HTTP/1.1`));
    for (const [name, value] of Object.entries(request.headers)) transcript.note(`sent ${name}: ${value}`);
    dispatcher.dispatch(
      { method: request.method, path: request.path, headers: request.headers, reset: !reuse },
      {
        onRequestStart(controller) {
          control = controller;
          if (signal.aborted) onAbort();
        },
        onResponseStart(_controller, statusCode, headers, statusMessage) {
          transcript.received(Buffer.from(`HTTP/1.1 ${statusCode} ${statusMessage ?? ''}`));
          for (const [name, value] of Object.entries(headers)) {
            transcript.note(`got ${name}: ${String(value)}`);
          }
          // Interim answers (RFC 9110, 15.2) come before the real one.
          if (statusCode < 200) return;
          status = statusCode;
          if (maxBody === 0 && !reuse) stop();
        },
        onResponseData(_controller, chunk) {
          transcript.received(chunk);
          parts.push(chunk.subarray(0, Math.max(0, maxBody - read)));
          read += chunk.length;
          if (read > Math.max(maxBody, DRAINED_BYTES) || (!reuse && read >= maxBody)) stop();
        },
        onResponseEnd: answer,
        onResponseError: (_controller, error) => giveUp(error),
      },
    );
    if (signal.aborted) onAbort();
  });
}
