// SPDX-License-Identifier: MIT
import { fileURLToPath } from 'node:url';
import type { PluginKind } from './api.js';

export interface FirstPartyPlugin {
  readonly kind: PluginKind;
  readonly name: string;
  /** Its module; imported only when a configuration needs it. */
  readonly path: string;
}

/** The plugins that come with sluice: each a folder of plugins/. This list is the only place that knows them. */
export const FIRST_PARTY: readonly FirstPartyPlugin[] = [
  at('check', 'tcp'),
  at('check', 'http'),
  at('check', 'tls'),
  at('check', 'udp'),
  at('check', 'command'),
  at('check', 'agent'),
  at('backend', 'nftables'),
  at('backend', 'proxy'),
];

function at(kind: PluginKind, name: string): FirstPartyPlugin {
  const url = new URL(`../../plugins/${kind}-${name}/index.js`, import.meta.url);
  return { kind, name, path: fileURLToPath(url) };
}
