// SPDX-License-Identifier: MIT
/** The second phase of validation: each plugin's options against its own schema, every distinct value once. */
import type { ErrorObject, ValidateFunction } from 'ajv';
import { fits } from './fits.js';
import type { FactsAnswer, NamedKind, PluginFacts, PluginOracle } from './plugin-facts.js';
import { completeOptions } from './plugin-options.js';
import { isRecord } from '../is-record.js';
import type { Problem } from './problem.js';
import { translateErrors } from './translate.js';
import { validatorOf } from './validator.js';

export interface CheckedOptions {
  /** With defaults; empty when there are problems. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Their paths begin at the options. */
  readonly problems: readonly Problem[];
}

/** What ajv says against options, or what is wrong with the schema that they are held to. */
type Judgement = { readonly errors: readonly ErrorObject[] } | { readonly fault: string };

export class OptionChecker {
  readonly #oracle: PluginOracle;
  readonly #directory: string;
  /** Not all plugins could be loaded: a type of check that nobody knows is most likely in one of those. */
  readonly pluginsFailed: boolean;
  readonly #facts = new Map<string, Promise<FactsAnswer>>();
  readonly #compiled = new Map<string, Promise<ValidateFunction>>();
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
    const judgement = await this.#judge(facts, options);
    if ('fault' in judgement) {
      const message = `plugin ${kind}/${facts.name} declares its options wrongly: ${judgement.fault}`;
      return { options: {}, problems: [{ code: 'SLUICE_CFG_PLUGIN', message, path: [], at: 'key' }] };
    }
    if (judgement.errors.length > 0) {
      const knownKeys = [...Object.keys(facts.options.properties), ...alsoKnown];
      return { options: {}, problems: translateErrors(judgement.errors, [], knownKeys) };
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

  async #judge(facts: PluginFacts, options: Readonly<Record<string, unknown>>): Promise<Judgement> {
    // What others wrote may be no schema at all, and only ajv would say so.
    if (facts.firstParty && fits(facts.options, options)) return { errors: [] };
    try {
      const validate = await this.#validator(facts);
      return { errors: validate(options) ? [] : (validate.errors ?? []) };
    } catch (error) {
      return { fault: error instanceof Error ? error.message : String(error) };
    }
  }

  #validator({ kind, name, options }: PluginFacts): Promise<ValidateFunction> {
    const id = `${kind}/${name}`;
    const known = this.#compiled.get(id) ?? validatorOf(checkedSchema(options));
    this.#compiled.set(id, known);
    return known;
  }
}

/** What of a plugin's schema options are held to. */
function checkedSchema(options: unknown): object {
  const schema = withoutDefaults(options);
  return isRecord(schema) ? schema : {};
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
