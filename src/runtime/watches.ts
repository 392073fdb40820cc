// SPDX-License-Identifier: MIT
import type { Config, Service, WatchSpec } from '../model.js';
import type { Watcher } from '../plugin/api.js';
import { pluginId } from '../plugin/plugin-registry.js';
import type { PluginRegistry } from '../plugin/registry.js';
import type { Create } from './checks.js';
import { gently } from './gently.js';

/** One watcher with its options, and the services that asked for it, each in its own words. */
export interface Watch {
  /** `watch/name` */
  readonly plugin: string;
  readonly watcher: Watcher;
  readonly services: { readonly service: Service; readonly spec: WatchSpec }[];
}

/** One watcher for each distinct watch (type and options) of a configuration. */
export async function makeWatches(
  config: Config,
  registry: PluginRegistry,
  create: Create,
): Promise<readonly Watch[]> {
  const made = new Map<string, Watch>();
  for await (const service of gently(config.clusters.flatMap(({ services }) => services))) {
    for (const spec of service.watches) {
      const key = `${spec.type} ${JSON.stringify(spec.options)}`;
      let watch = made.get(key);
      if (watch === undefined) {
        const plugin = (await registry.get('watch', spec.type))!;
        const watcher = await create<Watcher>(plugin, (context) => plugin.create(context, spec.options));
        watch = { plugin: pluginId(plugin), watcher, services: [] };
        made.set(key, watch);
      }
      watch.services.push({ service, spec });
    }
  }
  return [...made.values()];
}
