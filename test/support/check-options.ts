// SPDX-License-Identifier: MIT
/** Options of checks as `create` receives them: defaults filled in. */
import type command from '../../plugins/check-command/index.js';
import type http from '../../plugins/check-http/index.js';
import type tcp from '../../plugins/check-tcp/index.js';
import type tls from '../../plugins/check-tls/index.js';
import type { Infer } from '../../src/plugin/schema.js';

type Options<P extends { readonly options: unknown }> = Infer<P['options']>;

export function tcpOptions(own: Partial<Options<typeof tcp>> = {}): Options<typeof tcp> {
  return { tls: false, close: false, ...own };
}

export function tlsOptions(own: Partial<Options<typeof tls>> = {}): Options<typeof tls> {
  return { verify: true, min_version: '1.2', ...own };
}

export function httpOptions(own: Partial<Options<typeof http>> = {}): Options<typeof http> {
  return {
    path: '/',
    method: 'GET',
    status: ['200-399'],
    tls: false,
    reuse: false,
    max_body: '64KiB',
    ...own,
  };
}

export function commandOptions(
  argv: string[],
  own: Partial<Options<typeof command>> = {},
): Options<typeof command> {
  return { command: argv, persistent: false, weight: false, ...own };
}
