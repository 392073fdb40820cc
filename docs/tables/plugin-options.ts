// SPDX-License-Identifier: MIT
/** Options of checks and backends, from the plugins' own declarations. */
import type { Plugin } from '../../src/plugin/api.js';
import { argument, prose } from '../mdoc.js';
import type { Regions } from '../regions.js';
import { keyList } from './keys.js';

/** One region for each check and backend: `check tcp`, `backend nftables`. */
export function pluginOptionRegions(plugins: readonly Plugin[]): Regions {
  return new Map(
    plugins
      .filter(({ kind }) => kind === 'check' || kind === 'backend')
      .map((plugin) => [`${plugin.kind} ${plugin.name}`, section(plugin).join('\n')]),
  );
}

function section({ kind, name, description, options }: Plugin): string[] {
  const keys = keyList(options);
  const title = kind === 'check' ? `type: ${name}` : name;
  return [
    `.Ss ${title.split(' ').map(argument).join(' ')}`,
    ...prose(description ?? ''),
    ...(keys.length === 0 ? ['It has no options.'] : keys),
  ];
}
