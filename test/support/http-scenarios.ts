// SPDX-License-Identifier: MIT
import type http from '../../plugins/check-http/index.js';
import type { CheckScenario } from '../../src/testing/check-kit.js';
import { refusing, serveHttp } from './servers.js';

const base = {
  path: '/healthz',
  method: 'GET',
  status: ['200-399'],
  tls: false,
  reuse: false,
  max_body: '64KiB',
} as const;
const options = { ...base, status: [...base.status] };

/** Of the check's contract, for both of its ways. */
export const httpScenarios: readonly CheckScenario<(typeof http)['options']>[] = [
  {
    name: 'a good answer',
    options,
    serve: () => serveHttp((_request, response) => response.end('well')),
    expect: 'pass',
  },
  {
    name: 'a good answer over a kept connection',
    options: { ...options, reuse: true, body: 'well' },
    serve: () => serveHttp((_request, response) => response.end('well')),
    expect: 'pass',
  },
  { name: 'a refused port', options, serve: () => refusing(), expect: 'refused' },
  {
    name: 'a bad status',
    options,
    serve: () => serveHttp((_request, response) => response.writeHead(503).end()),
    expect: 'mismatch',
  },
  { name: 'silence', options, serve: () => serveHttp(() => {}), expect: 'hangs' },
];
