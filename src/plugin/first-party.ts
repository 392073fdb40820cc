// SPDX-License-Identifier: MIT
import type { PluginKind } from './api.js';

/** How its module is imported, or the file that is; done only when a configuration needs it. */
type Origin = { readonly load: () => Promise<{ readonly default: unknown }> } | { readonly path: string };

export type FirstPartyPlugin = Origin & { readonly kind: PluginKind; readonly name: string };

/** The plugins that come with sluice: each a folder of plugins/. This list is the only place that knows them. */
export const FIRST_PARTY: readonly FirstPartyPlugin[] = [
  { kind: 'check', name: 'tcp', load: () => import('../../plugins/check-tcp/index.js') },
  { kind: 'check', name: 'http', load: () => import('../../plugins/check-http/index.js') },
  { kind: 'check', name: 'tls', load: () => import('../../plugins/check-tls/index.js') },
  { kind: 'check', name: 'udp', load: () => import('../../plugins/check-udp/index.js') },
  { kind: 'check', name: 'command', load: () => import('../../plugins/check-command/index.js') },
  { kind: 'check', name: 'agent', load: () => import('../../plugins/check-agent/index.js') },
  { kind: 'backend', name: 'nftables', load: () => import('../../plugins/backend-nftables/index.js') },
  { kind: 'backend', name: 'proxy', load: () => import('../../plugins/backend-proxy/index.js') },
];
