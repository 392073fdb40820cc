// SPDX-License-Identifier: MIT
import { setMaxListeners } from 'node:events';
import { dirname } from 'node:path';
import type { Diagnostic } from './config/diagnostics.js';
import { type Loaded, loadConfig } from './config/load.js';
import { SluiceError } from './errors.js';
import { notRunYet } from './not-run-yet.js';
import type { Config } from './model.js';
import type { Clock, Plugin, PluginContext } from './plugin/api.js';
import { connect } from './plugin/connect.js';
import { type ParentLog, pluginContext } from './plugin/context.js';
import { Disposables } from './plugin/dispose.js';
import type { Faults } from './plugin/faults.js';
import { Guard } from './plugin/guard.js';
import { Hooks } from './plugin/hooks.js';
import { createPluginRegistry, pluginId } from './plugin/plugin-registry.js';
import type { PluginRegistry } from './plugin/registry.js';
import { makeChecks } from './runtime/checks.js';
import { backendsInUse, type Engine, prepareEngines, type PreparedEngines } from './runtime/engines.js';
import type { CheckMaker } from './runtime/health-book.js';
import { Reconciler } from './runtime/reconciler.js';
import { makeWatches, type Watch } from './runtime/watches.js';

/** How long a plugin may take to come up. */
const CREATE_MS = 10_000;

export interface PrepareOptions {
  /** Absolute path of the configuration. */
  readonly file: string;
  /** In place of what the file holds on disk. */
  readonly text?: string;
  readonly clock: Clock;
  readonly log: ParentLog;
  readonly faults: Faults;
  /** Engines at work, kept where nothing about them changes. */
  readonly engines: ReadonlyMap<string, Engine>;
  /** Set: changes are rendered and handed here instead of being applied. */
  readonly dryRun: ((rendered: string) => void) | null;
}

/** A configuration proven to work, with everything made that it needs; nothing outside was touched. */
export interface Prepared {
  readonly config: Config;
  readonly warnings: readonly Diagnostic[];
  readonly registry: PluginRegistry;
  readonly hooks: Hooks;
  readonly checks: CheckMaker;
  readonly watches: readonly Watch[];
  readonly engines: PreparedEngines;
  /** One more engine, such as one that a former configuration used; null when there is no such backend. */
  engine(name: string, options: Engine['options']): Promise<Engine | null>;
  /** Lets go of everything that belongs to this configuration alone; engines have an end of their own. */
  dispose(): Promise<void>;
}

export type Preparation =
  | { readonly ok: true; readonly prepared: Prepared }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Reads, validates and brings to life everything a configuration names, in the order: file, plugins, extensions,
 * checks, engines, cross checks. Any failure is a diagnostic, and what was made so far is let go of.
 */
export async function prepare(options: PrepareOptions): Promise<Preparation> {
  const { file, text, clock, log, faults } = options;
  const registry = createPluginRegistry();
  const loaded = await loadConfig({
    file,
    ...(text === undefined ? {} : { text }),
    registry,
  });
  if (!loaded.ok) return loaded;
  const refused = notRunYet(loaded, registry);
  if (refused.length > 0) return { ok: false, diagnostics: refused };
  const { config } = loaded;

  const guard = new Guard(faults, clock);
  const abort = new AbortController();
  // Any number of plugins may listen.
  setMaxListeners(0, abort.signal);
  const hooks = new Hooks({
    guard,
    onMuted: (sentence) => log.child({ plugin: 'hooks' }).warn({}, sentence),
  });
  const disposables = new Disposables(guard);
  const made: Engine[] = [];

  /** Calls a plugin's `create`; what it makes lives until this configuration retires, or as long as `signal` says. */
  async function create<T>(
    plugin: Plugin,
    make: (context: PluginContext) => T | PromiseLike<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const context = pluginContext({ plugin, log, clock, hooks, signal, directory: dirname(file), connect });
    const result = await guard.call(pluginId(plugin), 'create', () => make(context), {
      timeoutMs: CREATE_MS,
    });
    if (result.ok) return result.value;
    throw new SluiceError(
      'SLUICE_CFG_PLUGIN',
      `plugin ${pluginId(plugin)} did not come up: ${result.fault?.message ?? 'stopped'}`,
    );
  }

  async function own<T>(plugin: Plugin, make: (context: PluginContext) => T | PromiseLike<T>): Promise<T> {
    const value = await create(plugin, make, abort.signal);
    disposables.add(pluginId(plugin), value);
    return value;
  }

  async function engine(name: string, engineOptions: Engine['options']): Promise<Engine | null> {
    const plugin = await registry.get('backend', name);
    if (plugin === undefined) return null;
    // Engines outlive the generation that made them; their end comes through `release`.
    const lifetime = new AbortController();
    const backend = await create(plugin, (context) => plugin.create(context, engineOptions), lifetime.signal);
    const reconciler = new Reconciler({
      name,
      backend,
      clock,
      guard,
      dryRun: options.dryRun,
      random: Math.random,
    });
    return { name, plugin, options: engineOptions, reconciler };
  }

  async function dispose(): Promise<void> {
    abort.abort();
    await disposables.dispose();
  }

  try {
    for (const { plugin } of registry.loaded()) {
      if (plugin.kind === 'extension') await own(plugin, (context) => plugin.create(context, {}));
    }
    const checks = await makeChecks(config, { registry, create: own, clock, faults, signal: abort.signal });
    const watches = await makeWatches(config, registry, own);
    const engines = await prepareEngines(
      backendsInUse(config),
      options.engines,
      registry,
      async (name, engineOptions) => {
        const fresh = (await engine(name, engineOptions))!;
        made.push(fresh);
        return fresh;
      },
    );
    hooks.seal();
    const problems = hooks.checkConfig(config);
    if (problems.length === 0) {
      return {
        ok: true,
        prepared: {
          config,
          warnings: loaded.diagnostics,
          registry,
          hooks,
          checks,
          watches,
          engines,
          engine,
          dispose,
        },
      };
    }
    await letGo(made, dispose);
    return {
      ok: false,
      diagnostics: crossCheckDiagnostics(problems, loaded),
    };
  } catch (error) {
    await letGo(made, dispose);
    if (!(error instanceof SluiceError)) throw error;
    return { ok: false, diagnostics: [{ severity: 'error', code: error.code, message: error.message }] };
  }
}

/** Ends what a configuration made that never came into force. */
export async function letGo(engines: readonly Engine[], dispose: () => Promise<void>): Promise<void> {
  // One that can't even be let go of must not hide why the configuration was refused.
  await Promise.allSettled(engines.map(({ reconciler }) => reconciler.stop('keep')));
  await dispose();
}

/** Apart, since a closure in `prepare` that knew `loaded` would keep the text of all files for as long as it lives. */
function crossCheckDiagnostics(
  problems: ReturnType<Hooks['checkConfig']>,
  loaded: Extract<Loaded, { ok: true }>,
): Diagnostic[] {
  return problems.map((problem) => crossCheckDiagnostic(problem, loaded.locate(problem.path)));
}

function crossCheckDiagnostic(
  { plugin, message, hint }: ReturnType<Hooks['checkConfig']>[number],
  place: Diagnostic['place'],
): Diagnostic {
  return {
    severity: 'error',
    code: 'SLUICE_CFG_PLUGIN',
    message: `${plugin}: ${message}`,
    ...(hint === undefined ? {} : { hint }),
    ...(place === undefined ? {} : { place }),
  };
}
