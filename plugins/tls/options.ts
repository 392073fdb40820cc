// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import type { Infer, OptionProblem } from 'sluice';
import { codeOf } from '../outcome.js';

/** The TLS options that the tcp, http and tls checks share. */
export const tlsProperties = {
  server_name: {
    type: 'string',
    minLength: 1,
    maxLength: 253,
    description:
      'Name to ask for (SNI) and to find in the certificate; without it the certificate must be for the address.',
  },
  verify: {
    type: 'boolean',
    default: true,
    description: 'Whether the certificate must be valid, of a trusted issuer and for the right name.',
  },
  ca: {
    type: 'string',
    format: 'file',
    description: 'PEM file of the issuers to trust instead of the well-known ones.',
  },
  alpn: {
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 255 },
    minItems: 1,
    description: 'Application protocols to offer; the member must choose one of them.',
  },
  min_version: {
    anyOf: [
      { type: 'string', enum: ['1.2', '1.3'] },
      { type: 'number', minimum: 1.2, maximum: 1.3 },
    ],
    default: '1.2',
    description: 'Oldest version of TLS to accept: 1.2 or 1.3.',
  },
} as const;

export const tlsObject = {
  type: 'object',
  properties: tlsProperties,
  additionalProperties: false,
  description: 'How to speak TLS.',
} as const;

export const tlsSwitch = {
  anyOf: [{ type: 'boolean' }, tlsObject],
  default: false,
  description:
    'Speak TLS: true, or a mapping of server_name, verify, ca, alpn and min_version as in the tls check.',
} as const;

export type TlsOptions = Infer<typeof tlsObject>;
/** Nested defaults may be left for the plugin to fill in. */
export type TlsSwitch = boolean | Partial<TlsOptions>;

/** What the schema can't say about TLS options that sit at `path`. */
export function tlsProblems(options: Partial<TlsOptions>, path: readonly string[] = []): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const { server_name: serverName, min_version: minVersion, ca } = options;
  if (serverName !== undefined && isIP(serverName) !== 0) {
    problems.push({
      path: [...path, 'server_name'],
      message: 'TLS knows no addresses as server names',
      hint: 'leave it out: the certificate is then checked for the address',
    });
  }
  if (minVersion !== undefined && !['1.2', '1.3'].includes(String(minVersion))) {
    problems.push({ path: [...path, 'min_version'], message: 'must be 1.2 or 1.3' });
  }
  const unreadable = ca === undefined ? null : whyUnreadable(ca);
  if (unreadable !== null) problems.push({ path: [...path, 'ca'], message: unreadable });
  return problems;
}

/** Asked while the configuration is checked, where the fault can still be shown at its place. */
function whyUnreadable(file: string): string | null {
  try {
    readFileSync(file);
    return null;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no file ${file}`;
    if (code === 'EISDIR') return `${file} is a folder: name a PEM file`;
    if (code === 'EACCES') return `${file} may not be read by sluice: change its mode or owner`;
    return `${file} cannot be read (${code ?? String(error)})`;
  }
}

/** Problems of a `tls: true` or `tls: {…}` option. */
export function tlsSwitchProblems(tls: TlsSwitch | undefined): OptionProblem[] {
  return typeof tls === 'object' ? tlsProblems(tls, ['tls']) : [];
}

/** Node's options for these; undefined when TLS is off. Reads `ca`, so it may throw the file's error. */
export function connectionOptions(tls: TlsSwitch | undefined, name?: string): ConnectionOptions | undefined {
  if (tls === undefined || tls === false) return undefined;
  const options = tls === true ? {} : tls;
  const serverName = options.server_name ?? name;
  return {
    rejectUnauthorized: options.verify ?? true,
    minVersion: options.min_version === undefined ? 'TLSv1.2' : secureVersion(options.min_version),
    ...(serverName !== undefined && { servername: serverName }),
    ...(options.ca !== undefined && { ca: readFileSync(options.ca) }),
    ...(options.alpn !== undefined && { ALPNProtocols: options.alpn }),
  };
}

function secureVersion(version: string | number): SecureVersion {
  return String(version) === '1.3' ? 'TLSv1.3' : 'TLSv1.2';
}
