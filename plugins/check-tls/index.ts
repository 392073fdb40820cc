// SPDX-License-Identifier: MIT
import { TLSSocket } from 'node:tls';
import { type CheckOutcome, defineCheck, parseDuration } from 'sluice';
import { converse } from '../dialogue/converse.js';
import { compileScript, scriptProblems, scriptSchema } from '../dialogue/script.js';
import { fail, formatMs, pass } from '../outcome.js';
import { onConnection } from '../probe-connection.js';
import { type TlsDetails, tlsDetails } from '../tls/certificate.js';
import { connectionOptions, tlsProblems, tlsProperties } from '../tls/options.js';
import { tlsReason } from '../tls/reasons.js';

interface Wanted {
  readonly verify: boolean;
  readonly alpn: readonly string[] | undefined;
  readonly minValidMs: number;
}

export default defineCheck({
  name: 'tls',
  description: 'A TLS handshake with an acceptable certificate, and a scripted dialogue after it if wanted.',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...tlsProperties,
      min_valid: {
        type: 'string',
        format: 'duration',
        description: 'How long the certificate must still be valid.',
      },
      script: scriptSchema,
    },
  },
  validate: (options) => [...tlsProblems(options), ...scriptProblems(options.script)],
  create(context, options) {
    const script = compileScript(options.script ?? []);
    // A bad certificate is let through the handshake, so that its details can be shown with the reason.
    const secure = { ...connectionOptions(options), rejectUnauthorized: false };
    const wanted: Wanted = {
      verify: options.verify,
      alpn: options.alpn,
      minValidMs: options.min_valid === undefined ? 0 : parseDuration(options.min_valid),
    };
    return {
      probe: (target, signal) =>
        onConnection(context, target, signal, secure, async ({ socket, tookMs, signal, transcript }) => {
          if (!(socket instanceof TLSSocket)) throw new TypeError('connect made no TLS connection');
          const nowMs = context.clock.now();
          const details = { ...tlsDetails(socket, nowMs) };
          transcript.note(`${details.protocol ?? 'TLS'}, ${details.cipher}, ${details.subject}`);
          const name = options.server_name ?? target.address;
          const wrong =
            unacceptable(socket, wanted, details, nowMs, name) ??
            (script.length === 0
              ? null
              : await converse(socket, { script, close: false, signal, transcript }));
          if (wrong !== null) return { ...wrong, details: { ...details, ...wrong.details } };
          const version = (details.protocol ?? 'TLS').replace('TLSv', 'TLS ');
          return pass(`${version} in ${formatMs(tookMs)}, certificate valid for ${details.days_left} days`, {
            details,
          });
        }),
    };
  },
});

/** Why the connection is not as wanted; null: it is. */
function unacceptable(
  socket: TLSSocket,
  { verify, alpn, minValidMs }: Wanted,
  details: TlsDetails,
  nowMs: number,
  name: string,
): CheckOutcome | null {
  if (verify && !socket.authorized) {
    return fail('tls', certificateFault(String(socket.authorizationError), details, name));
  }
  if (alpn !== undefined && (details.alpn === null || !alpn.includes(details.alpn))) {
    return fail('tls', `the peer chose none of the protocols ${alpn.join(', ')} (ALPN)`);
  }
  const leftMs = Date.parse(details.valid_to) - nowMs;
  if (minValidMs > 0 && leftMs < minValidMs) {
    return fail('tls', `certificate ends on ${details.valid_to.slice(0, 10)}, in ${details.days_left} days`);
  }
  return null;
}

function certificateFault(code: string, details: TlsDetails, name: string): string {
  if (code === 'CERT_HAS_EXPIRED') return `certificate expired on ${details.valid_to.slice(0, 10)}`;
  if (code === 'CERT_NOT_YET_VALID')
    return `certificate is valid only from ${details.valid_from.slice(0, 10)}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `certificate is not for ${name}, but for ${details.names === '' ? details.subject : details.names}`;
  }
  return tlsReason(code) ?? `certificate not acceptable (${code})`;
}
