// SPDX-License-Identifier: MIT
import type { PeerCertificate, TLSSocket } from 'node:tls';

const DAY_MS = 86_400_000;

/** What is worth showing of a TLS connection and its certificate. Plain data. */
export interface TlsDetails {
  readonly protocol: string | null;
  readonly cipher: string;
  readonly alpn: string | null;
  readonly subject: string;
  readonly issuer: string;
  readonly names: string;
  readonly valid_from: string;
  readonly valid_to: string;
  readonly days_left: number;
}

/** Reads them from a connected socket; `nowMs` is wall-clock time. */
export function tlsDetails(socket: TLSSocket, nowMs: number): TlsDetails {
  const certificate = socket.getPeerCertificate();
  const alpn = socket.alpnProtocol;
  return {
    protocol: socket.getProtocol(),
    cipher: socket.getCipher().name,
    alpn: typeof alpn === 'string' ? alpn : null,
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: certificate.subjectaltname ?? '',
    valid_from: isoDate(certificate.valid_from),
    valid_to: isoDate(certificate.valid_to),
    days_left: Math.floor((validToMs(certificate) - nowMs) / DAY_MS),
  };
}

/** End of the certificate's validity, ms since the epoch. */
export function validToMs(certificate: PeerCertificate): number {
  return Date.parse(certificate.valid_to);
}

function nameOf(name: PeerCertificate['subject'] | undefined): string {
  return Object.entries(name ?? {})
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(', ');
}

function isoDate(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : new Date(ms).toISOString();
}
