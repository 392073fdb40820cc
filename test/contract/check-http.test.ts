// SPDX-License-Identifier: MIT
import http from '../../plugins/check-http/index.js';
import { testCheck } from '../../src/testing.js';
import { refusing, serveHttp } from '../support/servers.js';

const base = {
  path: '/healthz',
  method: 'GET',
  status: ['200-399'],
  tls: false,
  reuse: false,
  max_body: '64KiB',
} as const;
const options = { ...base, status: [...base.status] };

testCheck(http, [
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
]);
