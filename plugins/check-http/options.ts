// SPDX-License-Identifier: MIT
import type { Infer, OptionProblem } from 'sluice';
import { syntaxProblems } from '../dialogue/script.js';
import { tlsSwitch, tlsSwitchProblems } from '../tls/options.js';
import { compileBody } from './body.js';
import { readSize } from './size.js';
import { statusProblems } from './status-ranges.js';

export const httpOptions = {
  type: 'object',
  additionalProperties: false,
  properties: {
    path: {
      type: 'string',
      pattern: '^/[!-~]*$',
      default: '/',
      description: 'What to ask for, query included.',
    },
    method: { type: 'string', pattern: '^[A-Z]{1,32}$', default: 'GET', description: 'The HTTP method.' },
    host: {
      type: 'string',
      pattern: '^[!-~]{1,255}$',
      description:
        "The Host header, and the name for TLS unless server_name says another; default the member's address and port.",
    },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'More headers to send.',
    },
    status: {
      type: 'array',
      minItems: 1,
      items: { anyOf: [{ type: 'integer', minimum: 100, maximum: 599 }, { type: 'string' }] },
      default: ['200-399'],
      description: 'Wanted statuses: numbers and ranges.',
    },
    body: {
      type: 'string',
      minLength: 1,
      description: 'What the body must hold: a glob, or a regular expression as /RE/ or /RE/i.',
    },
    tls: tlsSwitch,
    reuse: {
      type: 'boolean',
      default: false,
      description: 'Keep the connection for the next probe: cheaper, but new connections go untested.',
    },
    max_body: {
      anyOf: [
        { type: 'integer', minimum: 1, maximum: 16_777_216 },
        { type: 'string', pattern: '^[0-9]+(B|KiB|MiB)$' },
      ],
      default: '64KiB',
      description: 'How much of the body is searched: bytes, or a number with KiB or MiB; at most 16MiB.',
    },
  },
} as const;

export type HttpOptions = Infer<typeof httpOptions>;

/** Headers that belong to the connection or have an option of their own. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/** What the schema can't say. */
export function httpProblems(options: HttpOptions): OptionProblem[] {
  const { method, headers, body, tls, max_body: maxBody } = options;
  const problems: OptionProblem[] = [
    ...statusProblems(options.status),
    ...tlsSwitchProblems(tls),
    ...Object.entries(headers ?? {}).flatMap(([name, value]) => headerProblems(name, value)),
    ...(body === undefined ? [] : syntaxProblems(['body'], () => compileBody(body))),
  ];
  if (method === 'CONNECT')
    problems.push({ path: ['method'], message: 'CONNECT asks a proxy, not a member' });
  if (method === 'HEAD' && body !== undefined) {
    problems.push({ path: ['body'], message: 'an answer to HEAD has no body', hint: 'use `method: GET`' });
  }
  if (readSize(maxBody) === null)
    problems.push({ path: ['max_body'], message: 'must be from 1 byte to 16MiB' });
  if (typeof tls === 'object' && tls.alpn?.includes('h2') === true) {
    problems.push({ path: ['tls', 'alpn'], message: 'the http check speaks HTTP/1.1 only' });
  }
  return problems;
}

function headerProblems(name: string, value: string): OptionProblem[] {
  const path = ['headers', name];
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return [{ path, message: `"${name}" is no name of a header` }];
  if (RESERVED.has(name.toLowerCase())) {
    const hint = name.toLowerCase() === 'host' ? { hint: 'use the option `host`' } : {};
    return [{ path, message: `the check sets the header ${name} itself`, ...hint }];
  }
  return /^[\t -~]*$/.test(value) ? [] : [{ path, message: 'a header holds printable ASCII on one line' }];
}
