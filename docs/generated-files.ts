// SPDX-License-Identifier: MIT
import { editorSchema } from '../src/config/json-schema.js';
import type { Plugin } from '../src/plugin/api.js';
import { FIRST_PARTY } from '../src/plugin/first-party.js';
import { createPluginRegistry } from '../src/plugin/plugin-registry.js';
import { filledPages } from './pages.js';

export interface GeneratedFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

/**
 * Every file that follows from the code, as it ought to be.
 * @param root the repository
 */
export async function generatedFiles(root = '.'): Promise<GeneratedFile[]> {
  const plugins = await firstPartyPlugins();
  return [
    { path: 'config/sluice.schema.json', text: `${JSON.stringify(editorSchema(plugins), null, 2)}\n` },
    ...(await filledPages(plugins, root)),
  ];
}

/** All plugins that come with sluice, in the order of their list. */
export async function firstPartyPlugins(): Promise<Plugin[]> {
  const registry = createPluginRegistry();
  const plugins: Plugin[] = [];
  for (const { kind, name } of FIRST_PARTY) {
    const plugin = await registry.get(kind, name);
    if (plugin === undefined) throw new Error(`there is no plugin ${kind}/${name}`);
    plugins.push(plugin);
  }
  return plugins;
}
