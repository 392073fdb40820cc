// SPDX-License-Identifier: MIT
import { SluiceError } from '../../errors.js';
import { RequestError } from './answer.js';
import { badRequest } from './body.js';
import { ROUTES, type Route } from './routes.js';

export interface Match {
  readonly route: Route;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

/** Finds what a request asks for. `readOnly` is the twin socket, which takes GET and nothing else. */
export function matchRoute(method: string, target: string, readOnly: boolean): Match {
  if (readOnly && method !== 'GET') {
    throw new SluiceError(
      'SLUICE_FORBIDDEN',
      'this is the read-only socket; commands go to the control socket (control.socket)',
    );
  }
  const { pathname, query } = split(target);
  const wanted = pathname.slice(1).split('/').map(decode);
  const others: string[] = [];
  for (const route of ROUTES) {
    const parts = matchPath(route.path, wanted);
    if (parts === null) continue;
    if (route.method === method) return { route, parts, query };
    others.push(route.method);
  }
  if (others.length > 0) {
    const message = `${method} is not possible on ${pathname}; use ${others.join(' or ')}`;
    throw new RequestError(405, 'SLUICE_BAD_REQUEST', message);
  }
  throw new SluiceError('SLUICE_NOT_FOUND', `there is no ${pathname} in this API`);
}

function matchPath(pattern: string, wanted: readonly string[]): readonly string[] | null {
  const names = pattern.slice(1).split('/');
  if (names.length !== wanted.length) return null;
  const parts: string[] = [];
  for (const [index, name] of names.entries()) {
    const part = wanted[index] ?? '';
    if (name === '{}') parts.push(part);
    else if (name !== part) return null;
  }
  return parts;
}

/** By hand: `new URL` would fold `..` and drop empty parts. */
function split(target: string): { pathname: string; query: URLSearchParams } {
  const mark = target.indexOf('?');
  if (mark === -1) return { pathname: target, query: new URLSearchParams() };
  return { pathname: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}

/** Each part alone, so that an encoded slash stays inside its part. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest(`"${part}" is not valid percent-encoding`);
  }
}
