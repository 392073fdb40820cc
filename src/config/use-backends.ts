// SPDX-License-Identifier: MIT
/** The second phase for backends: which there are, what they can do, and their options. */
import type { Capabilities } from '../plugin/api.js';
import { isRecord } from '../is-record.js';
import { nearest } from './nearest.js';
import type { OptionChecker } from './option-checker.js';
import type { Path, Problem } from './problem.js';
import { broken, moved } from './use-plugins.js';

export const DEFAULT_BACKEND = 'nftables';

export interface UsedBackend {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The backends that a configuration has options for or uses; each is looked up and complained of once. */
export class BackendCatalog {
  readonly problems: Problem[] = [];
  readonly #checker: OptionChecker;
  readonly #options: unknown;
  readonly #backends = new Map<string, UsedBackend | undefined>();

  /** `options` is the value of the key `backends` as written. */
  constructor(checker: OptionChecker, options: unknown) {
    this.#checker = checker;
    this.#options = options;
  }

  /** Looks up every backend that has options. */
  async readOptions(): Promise<void> {
    for (const name of Object.keys(isRecord(this.#options) ? this.#options : {})) {
      await this.use(name, ['backends', name], 'key');
    }
  }

  /** Undefined when there is none of that name; `path` is where it is named. */
  async use(name: string, path: Path, at: 'key' | 'value' = 'value'): Promise<UsedBackend | undefined> {
    const known = this.#backends.get(name);
    if (known !== undefined) return known;
    const answer = await this.#checker.facts('backend', name);
    if (answer.found === 'broken') {
      this.problems.push({ ...broken('backend', name, answer.reason, path), at });
      return undefined;
    }
    const capabilities = answer.found === 'yes' ? answer.facts.capabilities : null;
    if (answer.found === 'no' || capabilities === null) {
      this.problems.push({ ...unknownBackend(name, await this.#checker.names('backend'), path), at });
      return undefined;
    }
    const said = isRecord(this.#options) && Object.hasOwn(this.#options, name) ? this.#options[name] : {};
    const checked = await this.#checker.check('backend', answer.facts, isRecord(said) ? said : {});
    const base: Path =
      isRecord(this.#options) && Object.hasOwn(this.#options, name) ? ['backends', name] : path;
    this.problems.push(...checked.problems.map((problem) => moved(problem, [...base, ...problem.path])));
    const backend: UsedBackend = { name, capabilities, options: checked.options };
    this.#backends.set(name, backend);
    return backend;
  }

  /** Options by name, of all that were found. */
  options(): Record<string, Readonly<Record<string, unknown>>> {
    const found = [...this.#backends.values()].filter((backend) => backend !== undefined);
    return Object.fromEntries(found.map(({ name, options }) => [name, options]));
  }
}

function unknownBackend(name: string, names: readonly string[], path: Path): Problem {
  const guess = nearest(name, names);
  const known = `known here: ${names.join(', ')}`;
  return {
    code: 'SLUICE_CFG_REFERENCE',
    message: `there is no backend "${name}" in this version of sluice`,
    hint: guess === undefined ? known : `did you mean \`${guess}\`? ${known}`,
    path,
  };
}
