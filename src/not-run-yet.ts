// SPDX-License-Identifier: MIT
/** What the plugin interface has and this version does not run: refused by name, never ignored. */
import type { Diagnostic } from './config/diagnostics.js';
import type { Loaded } from './config/load.js';
import { pluginId } from './plugin/plugin-registry.js';
import type { PluginRegistry } from './plugin/registry.js';

export function notRunYet(
  { locate }: Pick<Extract<Loaded, { ok: true }>, 'locate'>,
  registry: PluginRegistry,
): readonly Diagnostic[] {
  const refuse = (what: string, path: readonly string[]): Diagnostic => {
    const place = locate(path);
    const message = `${what} not supported by this version of sluice`;
    return { severity: 'error', code: 'SLUICE_CFG_UNSUPPORTED', message, ...(place && { place }) };
  };
  const roles = registry.loaded().filter(({ plugin }) => plugin.kind === 'role');
  return roles.map(({ plugin }) =>
    refuse(`plugin ${pluginId(plugin)} cannot be used: roles are`, ['plugins']),
  );
}
