// SPDX-License-Identifier: MIT
import { type PluginContext, type Prober, defineCheck } from 'sluice';
import { connectionOptions } from '../tls/options.js';
import { compileBody } from './body.js';
import { Judge } from './judge.js';
import { type HttpOptions, httpOptions, httpProblems } from './options.js';
import { type PortableParts, PortableProber } from './portable-prober.js';
import { requestFor, serverNameOf } from './request.js';
import { readSize } from './size.js';
import { readStatusRanges } from './status-ranges.js';
import { loadUndici } from './undici.js';

export default defineCheck({
  name: 'http',
  description: 'An HTTP/1.1 request, with TLS if wanted, and the status and body of the answer.',
  options: httpOptions,
  validate: httpProblems,
  async create(context, options): Promise<Prober> {
    const parts = partsOf(context, options);
    const portable = new PortableProber(parts);
    const prober: Prober = {
      probe: (target, signal) => portable.probe(target, signal),
      [Symbol.asyncDispose]: () => portable[Symbol.asyncDispose](),
    };
    const sweep = parts.tls === undefined ? await import('./lean.js') : null;
    if (sweep === null || !sweep.isPossible()) {
      // Loading it takes long enough to hold up a probe: now, not at the first one.
      await loadUndici();
      return prober;
    }
    return {
      ...prober,
      async probe(target, signal) {
        await loadUndici();
        return portable.probe(target, signal);
      },
      probeMany: (...crowd) => sweep.probeMany(parts, portable, crowd),
    };
  },
});

function partsOf(context: PluginContext, options: HttpOptions): PortableParts {
  const { method, status, body, reuse, tls, host, max_body: maxBody } = options;
  const judge = new Judge({
    ranges: readStatusRanges(status),
    statusText: status.join(', '),
    body: body === undefined ? null : compileBody(body),
  });
  return {
    context,
    judge,
    tls: connectionOptions(tls, serverNameOf(host)),
    expected: { method, reuse, maxBody: body === undefined ? 0 : (readSize(maxBody) ?? 0) },
    requestFor: (target) => requestFor(target, options),
  };
}
