// SPDX-License-Identifier: MIT
import type { HttpRequest } from './request.js';

/** Methods whose request is about a body; without one they say so (RFC 9110, 8.6). */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH']);

/** The request as it goes over the wire (RFC 9112, 3): what undici would send for it. */
export function requestBytes({ method, path, headers }: HttpRequest, reuse: boolean): Buffer {
  const { host, ...others } = headers;
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: ${host}`,
    `connection: ${reuse ? 'keep-alive' : 'close'}`,
    ...Object.entries(others).map(([name, value]) => `${name}: ${value}`),
    ...(WITH_BODY.has(method) ? ['content-length: 0'] : []),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}
