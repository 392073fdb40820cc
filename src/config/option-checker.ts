// SPDX-License-Identifier: MIT
/** The second phase of validation: each plugin's options against its own schema, every distinct value once. */
import type { Ajv, ValidateFunction } from 'ajv';
import type { FactsAnswer, NamedKind, PluginFacts, PluginOracle } from './plugin-facts.js';
import { completeOptions } from './plugin-options.js';
import { isRecord } from '../is-record.js';
import type { Problem } from './problem.js';
import { translateErrors } from './translate.js';
import { createAjv } from './validator.js';

export interface CheckedOptions {
  /** With defaults; empty when there are problems. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Their paths begin at the options. */
  readonly problems: readonly Problem[];
}

type Compiled = { readonly validate: ValidateFunction } | { readonly fault: string };

export class OptionChecker {
  readonly #oracle: PluginOracle;
  readonly #directory: string;
  /** Not all plugins could be loaded: a type of check that nobody knows is most likely in one of those. */
  readonly pluginsFailed: boolean;
  readonly #ajv: Ajv = createAjv();
  readonly #facts = new Map<string, Promise<FactsAnswer>>();
  readonly #compiled = new Map<string, Compiled>();
  readonly #checked = new Map<string, Promise<CheckedOptions>>();

  /** Paths in options are relative to `directory`. */
  constructor(oracle: PluginOracle, directory: string, pluginsFailed: boolean) {
    this.#oracle = oracle;
    this.#directory = directory;
    this.pluginsFailed = pluginsFailed;
  }

  /** Asks once per plugin. */
  facts(kind: NamedKind, name: string): Promise<FactsAnswer> {
    const key = `${kind}/${name}`;
    const known = this.#facts.get(key) ?? this.#oracle.facts(kind, name);
    this.#facts.set(key, known);
    return known;
  }

  names(kind: NamedKind): Promise<readonly string[]> {
    return this.#oracle.names(kind);
  }

  /** `alsoKnown` are keys beside the plugin's that are allowed there: for did-you-mean. */
  check(
    kind: NamedKind,
    facts: PluginFacts,
    options: Readonly<Record<string, unknown>>,
    alsoKnown: readonly string[] = [],
  ): Promise<CheckedOptions> {
    const key = `${kind}/${facts.name} ${JSON.stringify(options)}`;
    const known = this.#checked.get(key) ?? this.#check(kind, facts, options, alsoKnown);
    this.#checked.set(key, known);
    return known;
  }

  async #check(
    kind: NamedKind,
    facts: PluginFacts,
    options: Readonly<Record<string, unknown>>,
    alsoKnown: readonly string[],
  ): Promise<CheckedOptions> {
    const compiled = this.#compile(`${kind}/${facts.name}`, facts);
    if ('fault' in compiled) {
      const message = `plugin ${kind}/${facts.name} declares its options wrongly: ${compiled.fault}`;
      return { options: {}, problems: [{ code: 'SLUICE_CFG_PLUGIN', message, path: [], at: 'key' }] };
    }
    if (!compiled.validate(options)) {
      const knownKeys = [...Object.keys(facts.options.properties), ...alsoKnown];
      return { options: {}, problems: translateErrors(compiled.validate.errors ?? [], [], knownKeys) };
    }
    const complete = completeOptions(facts.options, options, this.#directory);
    const found = facts.validates ? await this.#oracle.validate(kind, facts.name, complete) : [];
    const problems = found.map(({ path, message, hint }): Problem => ({
      code: 'SLUICE_CFG_PLUGIN',
      message,
      hint,
      path,
    }));
    return { options: isRecord(complete) ? complete : {}, problems };
  }

  #compile(key: string, facts: PluginFacts): Compiled {
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const compiled = this.#tryCompile(facts);
    this.#compiled.set(key, compiled);
    return compiled;
  }

  #tryCompile(facts: PluginFacts): Compiled {
    try {
      const schema = withoutDefaults(facts.options);
      return { validate: this.#ajv.compile(isRecord(schema) ? schema : {}) };
    } catch (error) {
      return { fault: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** A copy in which `default` is gone: strict ajv refuses one inside of `anyOf`, and they are filled in elsewhere. */
function withoutDefaults(schema: unknown, isProperties = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => withoutDefaults(item));
  if (!isRecord(schema)) return schema;
  const entries = Object.entries(schema)
    .filter(([key]) => isProperties || key !== 'default')
    .map(([key, value]) => [key, withoutDefaults(value, !isProperties && key === 'properties')]);
  return Object.fromEntries(entries);
}
