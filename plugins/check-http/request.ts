// SPDX-License-Identifier: MIT
import { isIP } from 'node:net';
import type { CheckTarget } from 'sluice';
import type { HttpOptions } from './options.js';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The request for one target. */
export function requestFor(target: CheckTarget, options: HttpOptions): HttpRequest {
  const { method, path, host, headers, tls } = options;
  return {
    method,
    path,
    headers: {
      'user-agent': 'sluice',
      accept: '*/*',
      ...Object.fromEntries(
        Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
      ),
      host: host ?? hostOf(target, tls !== false),
    },
  };
}

/** RFC 9110, 7.2: an IPv6 address in brackets and without its zone, the port unless it is the scheme's own. */
function hostOf({ address, port }: CheckTarget, secure: boolean): string {
  const bare = address.replace(/%.*$/, '');
  const name = isIP(bare) === 6 ? `[${bare}]` : bare;
  return port === (secure ? 443 : 80) ? name : `${name}:${port}`;
}

/** The name for TLS that a Host header stands for; undefined: it holds an address. */
export function serverNameOf(host: string | undefined): string | undefined {
  if (host === undefined || host.startsWith('[')) return undefined;
  const name = host.replace(/:\d+$/, '');
  return isIP(name) === 0 ? name : undefined;
}
