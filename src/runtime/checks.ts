// SPDX-License-Identifier: MIT
import type { CheckSpec, Config } from '../model.js';
import type { CheckPlugin, Plugin, PluginContext, Prober } from '../plugin/api.js';
import type { PluginRegistry } from '../plugin/registry.js';
import type { CheckMaker } from './health-book.js';
import { sweepingProbe } from './sweep.js';

type Made = ReturnType<CheckMaker['prober']>;
type Create = <T>(plugin: Plugin, make: (context: PluginContext) => T | PromiseLike<T>) => Promise<T>;

/** One prober for each distinct check (type and options) of a configuration, however many endpoints it serves. */
export async function makeChecks(
  config: Config,
  registry: PluginRegistry,
  create: Create,
  signal: AbortSignal,
): Promise<CheckMaker> {
  const made = new Map<string, Made>();
  for (const cluster of config.clusters) {
    for (const service of cluster.services) {
      for (const spec of service.checks) {
        const key = keyOf(spec);
        if (made.has(key)) continue;
        const plugin = (await registry.get('check', spec.type))!;
        made.set(key, await makeProber(plugin, spec, create, signal));
      }
    }
  }
  return { prober: (spec) => made.get(keyOf(spec))! };
}

async function makeProber(
  plugin: CheckPlugin,
  spec: CheckSpec,
  create: Create,
  signal: AbortSignal,
): Promise<Made> {
  const prober = await create<Prober>(plugin, (context) => plugin.create(context, spec.options));
  const cost = plugin.cost ?? 'socket';
  return {
    prober: prober.probeMany === undefined ? prober : sweepingProbe(prober.probeMany.bind(prober), signal),
    cost,
  };
}

function keyOf(spec: CheckSpec): string {
  return `${spec.type} ${JSON.stringify(spec.options)}`;
}
