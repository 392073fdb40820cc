// SPDX-License-Identifier: MIT

/** Why a handshake failed, in plain words, by the codes of Node and OpenSSL. */
const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_NOT_YET_VALID: 'certificate is not yet valid',
  CERT_REVOKED: 'certificate is revoked',
  CERT_UNTRUSTED: 'certificate is not trusted',
  CERT_REJECTED: 'certificate is rejected',
  CERT_SIGNATURE_FAILURE: 'certificate has a false signature',
  INVALID_PURPOSE: 'certificate is not for servers',
  INVALID_CA: 'certificate was issued by one that may not issue any',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate chain ends in an unknown root',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate of an unknown issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate of an unknown issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate of an unknown issuer',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate is for another name',
  ERR_TLS_CERT_ALTNAME_FORMAT: 'certificate has malformed names',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the peer does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the peer does not speak TLS',
  ERR_SSL_HTTP_REQUEST: 'the peer does not speak TLS',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the peer speaks only TLS versions too old to accept',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the peer speaks no TLS version that is wanted',
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: 'no TLS version is left to offer',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'the peer refused the handshake: no cipher or name in common',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'the peer does not know the server name',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'the peer speaks none of the wanted protocols (ALPN)',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the peer wants a certificate from us',
};

/** A short line for a TLS error; undefined: the code is not TLS's. */
export function tlsReason(code: string, error?: Error): string | undefined {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' && error !== undefined && 'host' in error) {
    return `certificate is not for ${String(error.host)}`;
  }
  const known = REASONS[code];
  if (known !== undefined) return known;
  if (code.startsWith('ERR_SSL_')) return `TLS failed: ${wordsOf(code.slice('ERR_SSL_'.length))}`;
  if (code === 'EPROTO' || code.startsWith('ERR_TLS_')) return 'TLS handshake failed';
  // OpenSSL's verification results have bare names: CRL_HAS_EXPIRED, HOSTNAME_MISMATCH, …
  if (/^[A-Z][A-Z_]*(?:CERT|CRL|CHAIN|CA|PURPOSE|HOSTNAME|SIGNATURE)[A-Z_]*$/.test(code)) {
    return `certificate not acceptable: ${wordsOf(code)}`;
  }
  return undefined;
}

function wordsOf(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}
