// SPDX-License-Identifier: MIT
import type { CheckSpec, Config } from '../model.js';
import type { CheckPlugin, Plugin, PluginContext, Prober } from '../plugin/api.js';
import type { PluginRegistry } from '../plugin/registry.js';
import { gently } from './gently.js';
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
  const bySpec = new Map<CheckSpec, Made>();
  for await (const spec of gently(checkSpecs(config))) {
    const key = `${spec.type} ${JSON.stringify(spec.options)}`;
    let prober = made.get(key);
    if (prober === undefined) {
      const plugin = (await registry.get('check', spec.type))!;
      prober = await makeProber(plugin, spec, create, signal);
      made.set(key, prober);
    }
    bySpec.set(spec, prober);
  }
  return { prober: (spec) => bySpec.get(spec)! };
}

function* checkSpecs(config: Config): Generator<CheckSpec> {
  for (const { services } of config.clusters) for (const { checks } of services) yield* checks;
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
