// SPDX-License-Identifier: MIT
import type { Clock, Plugin, PluginContext, PluginLog } from './api.js';
import type { Hooks } from './hooks.js';

/** The daemon's log, as far as it is needed here; pino's loggers are of this shape. */
export interface ParentLog {
  child(bindings: { readonly plugin: string }): PluginLog;
}

export interface ContextOptions {
  readonly plugin: Pick<Plugin, 'kind' | 'name'>;
  readonly log: ParentLog;
  readonly clock: Clock;
  readonly hooks: Hooks;
  /** Aborts when the generation retires. */
  readonly signal: AbortSignal;
  /** Folder of the configuration file. */
  readonly directory: string;
  readonly connect: PluginContext['connect'];
}

/** What one plugin gets from the core for one generation: everything in it bears the plugin's name. */
export function pluginContext(options: ContextOptions): PluginContext {
  const { plugin, log, clock, hooks, signal, directory, connect } = options;
  const name = `${plugin.kind}/${plugin.name}`;
  return Object.freeze({
    log: log.child({ plugin: name }),
    clock,
    signal,
    hooks: hooks.forPlugin(name),
    directory,
    connect,
  });
}
