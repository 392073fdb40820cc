// SPDX-License-Identifier: MIT
/**
 * What reading a configuration needs to know of plugins, as plain data, and the few questions it asks: so that
 * the reading may happen in another thread while plugins live in this one only.
 */
import { isRecord } from '../is-record.js';
import type { Capabilities, OptionProblem, Plugin, PluginKind } from '../plugin/api.js';
import type { PluginRegistry } from '../plugin/registry.js';
import type { ObjectSchema } from '../plugin/schema.js';
import type { Protocol } from '../virtual-service.js';

export interface PluginFacts {
  readonly kind: PluginKind;
  readonly name: string;
  /** Whether it came with sluice. */
  readonly firstParty: boolean;
  readonly options: ObjectSchema;
  /** Whether the plugin checks its options itself, beyond its schema. */
  readonly validates: boolean;
  /** Of a check: the protocols of services that it makes sense for. */
  readonly protocols: readonly Protocol[];
  /** Of a backend. */
  readonly capabilities: Capabilities | null;
}

/** The kinds of plugins that a configuration names. */
export type NamedKind = 'check' | 'watch' | 'backend';

export type FactsAnswer =
  | { readonly found: 'yes'; readonly facts: PluginFacts }
  | { readonly found: 'no' }
  /** It is there but its code can't be loaded. */
  | { readonly found: 'broken'; readonly reason: string };

export interface PluginOracle {
  /** Loads third-party plugins in order; for each what is wrong with it, or null. */
  load(specifiers: readonly string[], directory: string): Promise<readonly (string | null)[]>;
  names(kind: NamedKind): Promise<readonly string[]>;
  facts(kind: NamedKind, name: string): Promise<FactsAnswer>;
  /** The plugin's own opinion on options that fit its schema. */
  validate(kind: NamedKind, name: string, options: unknown): Promise<readonly OptionProblem[]>;
}

/** Answers from a registry in this thread. */
export function createOracle(registry: PluginRegistry): PluginOracle {
  return {
    async load(specifiers, directory) {
      const problems: (string | null)[] = [];
      for (const specifier of specifiers) {
        problems.push(
          await registry.add(specifier, directory).then(
            () => null,
            (error: unknown) => reasonOf(error),
          ),
        );
      }
      return problems;
    },
    names: (kind) => Promise.resolve(registry.names(kind)),
    async facts(kind, name) {
      try {
        const plugin = await registry.get(kind, name);
        if (plugin === undefined) return { found: 'no' };
        const origin = registry.loaded().find((loaded) => loaded.plugin === plugin)?.origin;
        return { found: 'yes', facts: factsOf(plugin, origin === 'sluice') };
      } catch (error) {
        return { found: 'broken', reason: reasonOf(error) };
      }
    },
    async validate(kind, name, options) {
      try {
        const plugin = await registry.get(kind, name);
        return plugin === undefined ? [] : askPlugin(plugin, options);
      } catch (error) {
        const message = `plugin ${kind}/${name} failed when it checked its options: ${reasonOf(error)}`;
        return [{ path: [], message }];
      }
    },
  };
}

/** A plugin may return anything: what is no list of problems counts as a fault of its own. */
function askPlugin(plugin: { readonly validate?: unknown }, options: unknown): readonly OptionProblem[] {
  if (typeof plugin.validate !== 'function') return [];
  const found: unknown = Reflect.apply(plugin.validate, plugin, [options]);
  if (Array.isArray(found) && found.every(isOptionProblem)) return found;
  throw new TypeError('its validate() must return a list of {path, message}');
}

function isOptionProblem(value: unknown): value is OptionProblem {
  return isRecord(value) && Array.isArray(value['path']) && typeof value['message'] === 'string';
}

function factsOf(plugin: Plugin, firstParty: boolean): PluginFacts {
  return {
    kind: plugin.kind,
    name: plugin.name,
    firstParty,
    options: plugin.options,
    validates: plugin.validate !== undefined,
    protocols: plugin.kind === 'check' ? (plugin.protocols ?? ['tcp', 'udp']) : ['tcp', 'udp'],
    capabilities: plugin.kind === 'backend' ? plugin.capabilities : null,
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
