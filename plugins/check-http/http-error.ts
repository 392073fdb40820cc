// SPDX-License-Identifier: MIT
import type { CheckOutcome } from 'sluice';
import { codeOf, fail, outcomeOfError } from '../outcome.js';
import { MOST_HEADER_BYTES } from './limits.js';

/** The outcome of a request that got no answer. Throws on what is no error of HTTP, TLS or the connection. */
export function outcomeOfHttpError(error: unknown, details: object | undefined): CheckOutcome {
  const known = details === undefined ? undefined : { ...details };
  const code = codeOf(error);
  if (code === 'UND_ERR_SOCKET') return closedEarly(known);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return fail('protocol', `the answer's headers are larger than ${MOST_HEADER_BYTES / 1024} KiB`, known);
  }
  if (code?.startsWith('UND_ERR_RES') === true)
    return fail('protocol', `no valid HTTP answer (${code})`, known);
  // Only some errors of the parser have a code.
  if (error instanceof Error && error.name === 'HTTPParserError') {
    return fail('protocol', 'no valid HTTP answer', known);
  }
  return outcomeOfError(error, known);
}

/** The member has ended the connection in order, but not its answer. */
export function closedEarly(details?: Readonly<Record<string, unknown>>): CheckOutcome {
  return fail('protocol', 'closed by the peer before the answer was complete', details);
}
