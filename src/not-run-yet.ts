// SPDX-License-Identifier: MIT
/** What the plugin interface has and this version does not run: refused by name, never ignored. */
import type { Diagnostic } from './config/diagnostics.js';
import type { Loaded } from './config/load.js';
import { pluginId } from './plugin/plugin-registry.js';
import type { PluginRegistry } from './plugin/registry.js';

export function notRunYet(
  { config, locate }: Pick<Extract<Loaded, { ok: true }>, 'config' | 'locate'>,
  registry: PluginRegistry,
): readonly Diagnostic[] {
  const refuse = (what: string, path: readonly string[]): Diagnostic => {
    const place = locate(path);
    const message = `${what} not supported by this version of sluice`;
    return { severity: 'error', code: 'SLUICE_CFG_UNSUPPORTED', message, ...(place && { place }) };
  };
  const watched = config.clusters
    .flatMap(({ services }) => services)
    .filter(({ watches }) => watches.length > 0);
  const roles = registry.loaded().filter(({ plugin }) => plugin.kind === 'role');
  return [
    ...watched.map(({ cluster, name }) =>
      refuse('watches are', ['clusters', cluster, 'services', name, 'watch']),
    ),
    ...roles.map(({ plugin }) => refuse(`plugin ${pluginId(plugin)} cannot be used: roles are`, ['plugins'])),
  ];
}
