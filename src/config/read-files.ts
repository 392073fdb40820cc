// SPDX-License-Identifier: MIT
/** The first phase: the main file and those it includes, parsed, checked against the core's schema, merged. */
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import type { Diagnostic } from './diagnostics.js';
import { parseText } from './document.js';
import { expandGlob } from './glob.js';
import { isRecord, own } from '../is-record.js';
import { type IndexedText, locate } from './locate.js';
import type { Problem } from './problem.js';
import type { CoreSchema } from './schema/core-schema.js';
import type { RawRoot } from './schema/raw.js';
import { INCLUDED, ROOT } from './schema/root.js';
import { type Sources, toDiagnostic } from './sources.js';
import { translateErrors } from './translate.js';
import { errorsOf } from './validator.js';

export interface ConfigInput {
  /** Path of the main file; relative to the working directory, it is shown so. */
  readonly file: string;
  /** Instead of what is on disk at `file`. */
  readonly text?: string;
  /** Longest text of all files together, in UTF-16 units, before {@link TooMuchText} is thrown. */
  readonly mostText?: number;
}

/** There is more to read than this thread has time for. */
export class TooMuchText extends Error {}

export interface ReadConfig {
  readonly sources: Sources;
  /** All files as one; undefined when the main one isn't YAML. May be of any shape when there are errors. */
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute paths, the main file first. */
  readonly files: readonly string[];
}

/** A value as a whole, correct configuration; undefined when it isn't, as far as the core's schema goes. */
export async function asRawRoot(value: unknown): Promise<RawRoot | undefined> {
  const errors = await errorsOf(ROOT, value);
  return errors.length === 0 ? (value as RawRoot) : undefined;
}

export async function readConfigFiles(input: ConfigInput): Promise<ReadConfig> {
  const mainPath = resolve(input.file);
  const state = new ReadState(dirname(mainPath), isAbsolute(input.file), input.mostText ?? Infinity);
  const main = await state.read(mainPath, input.text, ROOT);
  if (main === undefined) return state.finish(undefined);
  const clusters: Record<string, unknown> = { ...toRecord(own(main, 'clusters')) };
  const clustersGiven = isRecord(own(main, 'clusters')) || own(main, 'clusters') === undefined;
  const includes = own(main, 'include');
  for (const [index, pattern] of (Array.isArray(includes) ? includes : []).entries()) {
    if (typeof pattern !== 'string' || pattern === '') continue;
    const paths = await state.expand(pattern, ['include', index]);
    for (const path of paths) await state.include(path, ['include', index], clusters);
  }
  if (clustersGiven && Object.keys(clusters).length === 0 && state.diagnostics.length === 0) {
    const path = own(main, 'clusters') === undefined ? [] : ['clusters'];
    state.problem({
      code: 'SLUICE_CFG_MISSING_KEY',
      message: 'there is no cluster at all',
      hint: 'add one under `clusters:`, or the files that hold them under `include:`',
      path,
      at: 'key',
    });
  }
  return state.finish({ ...toRecord(main), clusters: clustersGiven ? clusters : own(main, 'clusters') });
}

/** What has been read so far. */
class ReadState {
  readonly diagnostics: Diagnostic[] = [];
  readonly #directory: string;
  readonly #showAbsolute: boolean;
  #textLeft: number;
  readonly #indexed: IndexedText[] = [];
  readonly #paths: string[] = [];
  readonly #clusterFiles = new Map<string, number>();

  constructor(directory: string, showAbsolute: boolean, mostText: number) {
    this.#directory = directory;
    this.#textLeft = mostText;
    this.#showAbsolute = showAbsolute;
  }

  problem(problem: Problem): void {
    this.diagnostics.push(toDiagnostic(this.#sources(), problem, this.#indexed[0]));
  }

  /** Parses and validates one file; undefined when that gives no value to go on with. */
  async read(
    path: string,
    given: string | undefined,
    schema: CoreSchema,
    from?: Problem['path'],
  ): Promise<unknown> {
    const text = given ?? (await this.#readText(path, from));
    if (text === undefined) return undefined;
    this.#textLeft -= text.length;
    if (this.#textLeft < 0) throw new TooMuchText();
    const parsed = parseText(this.#shown(path), text);
    this.#indexed.push(parsed.source);
    this.#paths.push(path);
    this.diagnostics.push(...parsed.diagnostics);
    if (parsed.value === undefined) return undefined;
    const problems = translateErrors(await errorsOf(schema, parsed.value), []);
    this.diagnostics.push(...problems.map((one) => toDiagnostic(this.#sources(), one, parsed.source)));
    return isRecord(parsed.value) ? parsed.value : undefined;
  }

  async expand(pattern: string, path: Problem['path']): Promise<string[]> {
    try {
      return await expandGlob(pattern, this.#directory);
    } catch (error) {
      this.problem({
        code: 'SLUICE_CFG_READ',
        message: `cannot look for ${pattern}: ${reason(error)}`,
        path,
      });
      return [];
    }
  }

  async include(path: string, from: Problem['path'], clusters: Record<string, unknown>): Promise<void> {
    if (this.#paths.includes(path)) {
      const message = `${this.#shown(path)} is included twice, or includes itself`;
      this.problem({ code: 'SLUICE_CFG_CONFLICT', message, path: from });
      return;
    }
    const value = await this.read(path, undefined, INCLUDED, from);
    const number = this.#indexed.length - 1;
    for (const [name, cluster] of Object.entries(toRecord(own(value, 'clusters')))) {
      if (Object.hasOwn(clusters, name)) this.#duplicate(name, number);
      else {
        clusters[name] = cluster;
        this.#clusterFiles.set(name, number);
      }
    }
  }

  finish(value: unknown): ReadConfig {
    return { sources: this.#sources(), value, diagnostics: this.diagnostics, files: this.#paths };
  }

  #sources(): Sources {
    return { files: this.#indexed, clusterFiles: this.#clusterFiles };
  }

  #duplicate(name: string, number: number): void {
    const here = this.#indexed[number];
    const there = this.#indexed[this.#clusterFiles.get(name) ?? 0];
    if (here === undefined || there === undefined) return;
    this.diagnostics.push({
      severity: 'error',
      code: 'SLUICE_CFG_CONFLICT',
      message: `cluster "${name}" is in another file, too`,
      place: locate(here, ['clusters', name], 'key').place,
      related: { message: 'the other cluster', place: locate(there, ['clusters', name], 'key').place },
    });
  }

  async #readText(path: string, from: Problem['path'] | undefined): Promise<string | undefined> {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      const message = `cannot read ${this.#shown(path)}: ${reason(error)}`;
      if (from !== undefined) this.problem({ code: 'SLUICE_CFG_READ', message, path: from });
      else this.diagnostics.push({ severity: 'error', code: 'SLUICE_CFG_READ', message });
      return undefined;
    }
  }

  /** As the operator wrote the path of the main file: absolute, or relative to the working directory. */
  #shown(path: string): string {
    return this.#showAbsolute ? path : relative(process.cwd(), path);
  }
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'permission denied';
    case 'EISDIR':
      return 'it is a folder';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
