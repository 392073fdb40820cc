// SPDX-License-Identifier: MIT
import { type CheckTarget, defineCheck } from 'sluice';
import { deadline } from '../deadline.js';
import { RegexTimeout } from '../dialogue/regex.js';
import { startTranscript } from '../dialogue/transcript.js';
import { formatMs, inconclusive, timedOut } from '../outcome.js';
import { connectionOptions } from '../tls/options.js';
import type { Answer } from './answer.js';
import { ask } from './ask.js';
import { compileBody } from './body.js';
import { ClientKeeper } from './client-keeper.js';
import { outcomeOfHttpError } from './http-error.js';
import { judge } from './judge.js';
import { httpOptions, httpProblems } from './options.js';
import { requestFor, serverNameOf } from './request.js';
import { readSize } from './size.js';
import { readStatusRanges } from './status-ranges.js';

export default defineCheck({
  name: 'http',
  description: 'An HTTP/1.1 request, with TLS if wanted, and the status and body of the answer.',
  options: httpOptions,
  validate: httpProblems,
  async create(context, options) {
    // Loading it takes long enough to hold up a probe: now, not at the first one.
    await import('undici');
    const { clock } = context;
    const wanted = {
      ranges: readStatusRanges(options.status),
      statusText: options.status.join(', '),
      body: options.body === undefined ? null : compileBody(options.body),
    };
    const maxBody = wanted.body === null ? 0 : (readSize(options.max_body) ?? 0);
    const tls = connectionOptions(options.tls, serverNameOf(options.host));
    const keeper = new ClientKeeper(context, tls, options.reuse);

    const probe = async (target: CheckTarget, signal: AbortSignal) => {
      const limit = deadline(target, clock, signal);
      const transcript = startTranscript(target.trace, clock);
      const startMs = clock.monotonicMs();
      const request = requestFor(target, options);
      try {
        const answer = await keeper.use(target, limit.signal, (client): Promise<Answer> =>
          ask(client, { request, maxBody, reuse: options.reuse, signal: limit.signal, transcript }),
        );
        return judge(answer, wanted, formatMs(clock.monotonicMs() - startMs), transcript.details());
      } catch (error) {
        if (error instanceof RegexTimeout) return inconclusive(error.message, transcript.details());
        if (limit.signal.aborted) return timedOut('waiting for the answer', transcript.details());
        return outcomeOfHttpError(error, transcript.details());
      } finally {
        limit.release();
      }
    };
    return { probe, [Symbol.asyncDispose]: () => keeper.close() };
  },
});
