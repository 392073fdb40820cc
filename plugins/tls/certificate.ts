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

/** What the certificate alone tells. */
type Certificate = Pick<TlsDetails, 'subject' | 'issuer' | 'names' | 'valid_from' | 'valid_to'>;

/** By fingerprint: to read a certificate is dear, and members show the same one for months. */
const known = new Map<string, Certificate>();
const MOST_KNOWN = 1_000;

/** Reads them from a connected socket, once for each. `nowMs` is wall-clock time. */
export function tlsDetails(socket: TLSSocket, nowMs: number): TlsDetails {
  const certificate = certificateOf(socket);
  const alpn = socket.alpnProtocol;
  return {
    protocol: socket.getProtocol(),
    cipher: socket.getCipher().name,
    alpn: typeof alpn === 'string' ? alpn : null,
    ...certificate,
    days_left: Math.floor((Date.parse(certificate.valid_to) - nowMs) / DAY_MS),
  };
}

function certificateOf(socket: TLSSocket): Certificate {
  // On the client's side a second call would get the next certificate of the chain.
  const shown = socket.getPeerX509Certificate();
  if (shown === undefined) return read(socket.getPeerCertificate());
  const { fingerprint256 } = shown;
  let certificate = known.get(fingerprint256);
  if (certificate === undefined) {
    if (known.size >= MOST_KNOWN) known.clear();
    certificate = read(shown.toLegacyObject());
    known.set(fingerprint256, certificate);
  }
  return certificate;
}

function read(certificate: PeerCertificate): Certificate {
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: certificate.subjectaltname ?? '',
    valid_from: isoDate(certificate.valid_from),
    valid_to: isoDate(certificate.valid_to),
  };
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
