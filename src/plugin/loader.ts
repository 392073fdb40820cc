// SPDX-License-Identifier: MIT
import { pathToFileURL } from 'node:url';
import { SluiceError } from '../errors.js';
import type { Plugin } from './api.js';
import { describeThrown } from './faults.js';
import { locatePlugin } from './locate.js';
import { shareOwnExports } from './own-exports.js';
import { peerProblem } from './peer-range.js';
import { isPlugin, shapeProblem } from './shape.js';
import { othersMayWrite } from './trusted-file.js';

/** A module that does not finish loading (a top-level await) must not keep the daemon from starting. */
const IMPORT_TIMEOUT_MS = 10_000;

/**
 * Loads a third-party plugin: a file, relative to the configuration's folder, or a package, installed there or
 * beside sluice. Code once loaded stays until the process ends: a reload makes new instances of the same code.
 * @throws SluiceError SLUICE_CFG_PLUGIN, a sentence that names the plugin and what is wrong
 */
export async function loadPlugin(specifier: string, directory: string): Promise<Plugin> {
  const refuse = (problem: string, cause?: unknown): never => {
    throw new SluiceError('SLUICE_CFG_PLUGIN', `plugin ${specifier} cannot be used: ${problem}`, { cause });
  };
  const located = await locatePlugin(specifier, directory);
  if ('problem' in located) return refuse(located.problem);
  const { path } = located;
  const problem =
    (process.geteuid?.() === 0 ? await othersMayWrite(path) : null) ?? (await peerProblem(path));
  if (problem !== null) return refuse(problem);
  shareOwnExports();
  let exported: unknown;
  try {
    exported = await importDefault(path);
  } catch (error) {
    return refuse(`${path} fails to load: ${describeThrown(error).message}`, error);
  }
  return isPlugin(exported) ? exported : refuse(`${path}: ${shapeProblem(exported)}`);
}

/** Failed imports of a path so far: Node.js remembers a failed module for good, so a retry needs another URL. */
const failures = new Map<string, number>();

/** The default export of a module; a rejection is the module's own. */
export async function importDefault(path: string): Promise<unknown> {
  const failed = failures.get(path) ?? 0;
  const url = pathToFileURL(path);
  if (failed > 0) url.searchParams.set('attempt', `${failed + 1}`);
  try {
    const module: unknown = await withinTime(import(url.href));
    return typeof module === 'object' && module !== null ? Reflect.get(module, 'default') : undefined;
  } catch (error) {
    failures.set(path, failed + 1);
    throw error;
  }
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    const expire = (): void =>
      reject(new Error(`it did not finish loading within ${IMPORT_TIMEOUT_MS / 1000} s`));
    timer = setTimeout(expire, IMPORT_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
