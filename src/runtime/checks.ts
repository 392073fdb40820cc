// SPDX-License-Identifier: MIT
import type { CheckSpec, Config } from '../model.js';
import type { CheckPlugin, Clock, Plugin, PluginContext, Prober } from '../plugin/api.js';
import type { Faults } from '../plugin/faults.js';
import { pluginId } from '../plugin/plugin-registry.js';
import type { PluginRegistry } from '../plugin/registry.js';
import { gently } from './gently.js';
import type { CheckMaker } from './health-book.js';
import { Sweep } from './sweep.js';

type Made = ReturnType<CheckMaker['prober']>;
/** Calls a plugin's `create`, guarded; what it makes lives as long as the configuration. */
export type Create = <T>(plugin: Plugin, make: (context: PluginContext) => T | PromiseLike<T>) => Promise<T>;

export interface ChecksOptions {
  readonly registry: PluginRegistry;
  readonly create: Create;
  readonly clock: Clock;
  readonly faults: Faults;
  /** Aborts when the configuration retires. */
  readonly signal: AbortSignal;
}

/** One prober for each distinct check (type and options) of a configuration, however many endpoints it serves. */
export async function makeChecks(config: Config, options: ChecksOptions): Promise<CheckMaker> {
  const made = new Map<string, Made>();
  const bySpec = new Map<CheckSpec, Made>();
  const sweeps: Sweep[] = [];
  // One listener for all: an AbortSignal walks through those it has with each one more.
  const retire = (): void => sweeps.forEach((sweep) => sweep.retire());
  options.signal.addEventListener('abort', retire, { once: true });
  for await (const spec of gently(checkSpecs(config))) {
    const key = `${spec.type} ${JSON.stringify(spec.options)}`;
    let prober = made.get(key);
    if (prober === undefined) {
      const plugin = (await options.registry.get('check', spec.type))!;
      prober = await makeProber(plugin, spec, options);
      made.set(key, prober);
      if (prober.sweep !== undefined) sweeps.push(prober.sweep);
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
  { create, clock, faults }: ChecksOptions,
): Promise<Made> {
  const prober = await create<Prober>(plugin, (context) => plugin.create(context, spec.options));
  const cost = plugin.cost ?? 'socket';
  if (prober.probeMany === undefined) return { prober, cost };
  const probeMany = prober.probeMany.bind(prober);
  return { prober, cost, sweep: new Sweep({ plugin: pluginId(plugin), probeMany, clock, faults }) };
}
