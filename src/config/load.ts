// SPDX-License-Identifier: MIT
import type { Config } from '../model.js';
import type { PluginRegistry } from '../plugin/registry.js';
import { type Compiled, compileConfig } from './compile.js';
import { readSurroundings } from './default-paths.js';
import type { Diagnostic, Place } from './diagnostics.js';
import { type PluginOracle, createOracle } from './plugin-facts.js';
import type { Path } from './problem.js';
import { type ConfigInput, TooMuchText } from './read-files.js';
import { locateValue } from './sources.js';

export interface LoadOptions {
  /** The main file; messages show it as it is written here. */
  readonly file: string;
  /** Instead of what is on disk at `file`. */
  readonly text?: string;
  /** Where plugins are found; those that the configuration names itself are added to it. */
  readonly registry: PluginRegistry;
}

export type Loaded =
  | {
      readonly ok: true;
      readonly config: Config;
      /** Warnings. */
      readonly diagnostics: readonly Diagnostic[];
      /** The place of the value that a path leads to, or of the innermost part of it that was written. */
      locate(path: Path): Place | undefined;
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Reads, checks and resolves a configuration. Touches nothing; every fault is in the diagnostics. */
export async function loadConfig(options: LoadOptions): Promise<Loaded> {
  const { file, text, registry } = options;
  const input = text === undefined ? { file } : { file, text };
  const oracle = createOracle(registry);
  const { config, diagnostics, sources } = await compile(input, oracle);
  if (config === null) return { ok: false, diagnostics };
  return { ok: true, config, diagnostics, locate: (path) => locateValue(sources, path) };
}

/** Parsing more than this takes longer than probes may be kept waiting: 20 ms on a slow machine. */
const MOST_TEXT = 64 * 1024;

async function compile(input: ConfigInput, oracle: PluginOracle): Promise<Compiled> {
  const surroundings = readSurroundings();
  try {
    return await compileConfig({ ...input, mostText: MOST_TEXT }, oracle, surroundings);
  } catch (error) {
    if (!(error instanceof TooMuchText)) throw error;
    const { readInWorker } = await import('./worker/read-in-worker.js');
    return readInWorker(input, oracle, surroundings);
  }
}
