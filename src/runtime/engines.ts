// SPDX-License-Identifier: MIT
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../model.js';
import type { BackendPlugin } from '../plugin/api.js';
import type { PluginRegistry } from '../plugin/registry.js';
import type { Reconciler } from './reconciler.js';

type Options = Readonly<Record<string, unknown>>;

export interface Engine {
  readonly name: string;
  readonly plugin: BackendPlugin;
  readonly options: Options;
  readonly reconciler: Reconciler;
}

export interface PreparedEngines {
  /** One for each backend that the configuration uses: kept from before where nothing about it changed. */
  readonly engines: ReadonlyMap<string, Engine>;
  /** Those made anew for this configuration: disposed of if it never comes into force. */
  readonly fresh: readonly Engine[];
}

/** Backends that services of `config` use, with their options. */
export function backendsInUse(config: Config): Map<string, Options> {
  const names = new Set(
    config.clusters.flatMap((cluster) => cluster.services.map((service) => service.backend)),
  );
  return new Map([...names].map((name) => [name, config.backends[name] ?? {}]));
}

/**
 * The engines for a configuration. An engine outlives the generation that made it as long as its plugin and
 * options stay: a proxy keeps its listeners, a kernel engine what it knows to be held.
 */
export async function prepareEngines(
  wanted: ReadonlyMap<string, Options>,
  current: ReadonlyMap<string, Engine>,
  registry: PluginRegistry,
  make: (name: string, options: Options) => Promise<Engine>,
): Promise<PreparedEngines> {
  const engines = new Map<string, Engine>();
  const fresh: Engine[] = [];
  for (const [name, options] of wanted) {
    const kept = current.get(name);
    const same = kept !== undefined && kept.plugin === (await registry.get('backend', name));
    if (same && isDeepStrictEqual(kept.options, options)) engines.set(name, kept);
    else {
      const engine = await make(name, options);
      engines.set(name, engine);
      fresh.push(engine);
    }
  }
  return { engines, fresh };
}

/** Where an engine keeps its rules; two engines of one place must not both be withdrawn. */
export function placeOf({ name, plugin, options }: Pick<Engine, 'name' | 'plugin' | 'options'>): string {
  return `${name}/${plugin.place?.(options) ?? ''}`;
}

/**
 * Engines of `before` that `after` has no more: those whose place another takes over (it adopts their rules), and
 * those whose rules must go.
 */
export function retired(
  before: ReadonlyMap<string, Engine>,
  after: ReadonlyMap<string, Engine>,
): { readonly succeeded: readonly Engine[]; readonly gone: readonly Engine[] } {
  const places = new Set([...after.values()].map(placeOf));
  const old = [...before.values()].filter((engine) => after.get(engine.name) !== engine);
  return {
    succeeded: old.filter((engine) => places.has(placeOf(engine))),
    gone: old.filter((engine) => !places.has(placeOf(engine))),
  };
}
