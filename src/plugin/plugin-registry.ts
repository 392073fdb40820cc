// SPDX-License-Identifier: MIT
import { SluiceError } from '../errors.js';
import type { Plugin, PluginKind } from './api.js';
import { describeThrown } from './faults.js';
import { FIRST_PARTY, type FirstPartyPlugin } from './first-party.js';
import { importDefault, loadPlugin } from './loader.js';
import type { PluginRegistry } from './registry.js';
import { isPlugin, shapeProblem } from './shape.js';

interface Loaded {
  readonly plugin: Plugin;
  readonly origin: string;
}

/**
 * The plugins one configuration may name. A reload makes a new registry, so that a plugin taken out of the
 * configuration is gone from it.
 * @param firstParty replaced in tests
 */
export function createPluginRegistry(firstParty: readonly FirstPartyPlugin[] = FIRST_PARTY): PluginRegistry {
  const loaded = new Map<string, Loaded>();
  const ours = new Map(firstParty.map((plugin) => [pluginId(plugin), plugin]));

  async function load(kind: PluginKind, name: string): Promise<Plugin | undefined> {
    const id = pluginId({ kind, name });
    const known = loaded.get(id);
    if (known !== undefined) return known.plugin;
    const listed = ours.get(id);
    if (listed === undefined) return undefined;
    const plugin = await importFirstParty(listed);
    loaded.set(id, { plugin, origin: 'sluice' });
    return plugin;
  }

  return {
    names(kind) {
      const all = [...firstParty, ...[...loaded.values()].map(({ plugin }) => plugin)];
      return [...new Set(all.filter((plugin) => plugin.kind === kind).map(({ name }) => name))];
    },
    async get(kind, name) {
      const plugin = await load(kind, name);
      return plugin !== undefined && isOfKind(plugin, kind) ? plugin : undefined;
    },
    async add(specifier, directory) {
      const plugin = await loadPlugin(specifier, directory);
      const id = pluginId(plugin);
      const other = ours.has(id) ? 'sluice' : loaded.get(id)?.origin;
      if (other !== undefined) {
        const whose = other === 'sluice' ? 'sluice has one of its own' : `${other} is one, too`;
        throw new SluiceError(
          'SLUICE_CFG_PLUGIN',
          `plugin ${specifier} cannot be used: it is named ${id}, and ${whose}; take one of them out`,
        );
      }
      loaded.set(id, { plugin, origin: specifier });
      return plugin;
    },
    loaded: () => [...loaded.values()],
  };
}

/** `check/http`: how a plugin is called everywhere. */
export function pluginId({ kind, name }: { readonly kind: PluginKind; readonly name: string }): string {
  return `${kind}/${name}`;
}

function isOfKind<K extends PluginKind>(plugin: Plugin, kind: K): plugin is Extract<Plugin, { kind: K }> {
  return plugin.kind === kind;
}

async function importFirstParty(listed: FirstPartyPlugin): Promise<Plugin> {
  const id = pluginId(listed);
  let exported: unknown;
  try {
    exported = 'load' in listed ? (await listed.load()).default : await importDefault(listed.path);
  } catch (error) {
    const { message } = describeThrown(error);
    throw new SluiceError(
      'SLUICE_INTERNAL',
      `sluice's own plugin ${id} cannot be loaded (${message}): install sluice again`,
      { cause: error },
    );
  }
  if (!isPlugin(exported) || pluginId(exported) !== id) {
    const problem = shapeProblem(exported) ?? 'it bears another name';
    throw new SluiceError('SLUICE_INTERNAL', `sluice's own plugin ${id} is broken: ${problem}`);
  }
  return exported;
}
