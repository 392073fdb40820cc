// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config/load.js';
import type { Config, Service } from '../../src/model.js';
import type { PluginRegistry } from '../../src/plugin/registry.js';
import { standardRegistry } from './fake-plugins.js';

/** The configuration that a text makes; fails when it makes none. */
export async function configOf(text: string, registry: PluginRegistry = standardRegistry()): Promise<Config> {
  const loaded = await loadConfig({ file: '/etc/sluice/sluice.yaml', text, registry });
  assert.ok(loaded.ok, loaded.ok ? '' : JSON.stringify(loaded.diagnostics, null, 1));
  return loaded.config;
}

export const MEMBERS = 'members: { a: 10.0.0.11, b: { address: [10.0.0.12, "2001:db8::12"], weight: 2 } }';

/** A configuration of one cluster `shop` with the members a and b, and one service `web`. */
export function withService(service: string, before = ''): string {
  return `${before}\nclusters: { shop: { ${MEMBERS}, services: { web: { ${service} } } } }\n`;
}

export async function serviceOf(service: string, before = ''): Promise<Service> {
  const config = await configOf(withService(service, before));
  const [found] = config.clusters[0]?.services ?? [];
  assert.ok(found);
  return found;
}
