// SPDX-License-Identifier: MIT
import type { ConnectionOptions } from 'node:tls';
import type { CheckOutcome, CheckTarget, PluginContext } from 'sluice';
import { deadline } from '../deadline.js';
import { startTranscript } from '../dialogue/transcript.js';
import { timedOut } from '../outcome.js';
import type { Expectation } from './answer-reader.js';
import { ask } from './ask.js';
import { ClientKeeper } from './client-keeper.js';
import { outcomeOfHttpError } from './http-error.js';
import type { Judge } from './judge.js';
import type { HttpRequest } from './request.js';

export interface PortableParts {
  readonly context: PluginContext;
  readonly tls: ConnectionOptions | undefined;
  readonly judge: Judge;
  readonly expected: Expectation;
  readonly requestFor: (target: CheckTarget) => HttpRequest;
}

/** Probes by undici: TLS, dialogues for people, odd servers, and everything where there is no other way. */
export class PortableProber implements AsyncDisposable {
  readonly #parts: PortableParts;
  readonly #keeper: ClientKeeper;

  constructor(parts: PortableParts) {
    this.#parts = parts;
    this.#keeper = new ClientKeeper(parts.context, parts.tls, parts.expected.reuse);
  }

  async probe(target: CheckTarget, signal: AbortSignal): Promise<CheckOutcome> {
    const { context, judge, expected } = this.#parts;
    const { clock } = context;
    const limit = deadline(target, clock, signal);
    const transcript = startTranscript(target.trace, clock);
    const startMs = clock.monotonicMs();
    const request = this.#parts.requestFor(target);
    try {
      const answer = await this.#keeper.use(target, limit.signal, (client) =>
        ask(client, { ...expected, request, signal: limit.signal, transcript }),
      );
      return judge.judge(answer, clock.monotonicMs() - startMs, transcript.details());
    } catch (error) {
      if (limit.signal.aborted) return timedOut('waiting for the answer', transcript.details());
      return outcomeOfHttpError(error, transcript.details());
    } finally {
      limit.release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper.close();
  }
}
