// SPDX-License-Identifier: MIT
/** The second phase for one service: its checks and watches against the plugins they name. */
import { isRecord, own } from '../is-record.js';
import { type MergedCheck, mergeChecks } from './merge-check.js';
import { nearest } from './nearest.js';
import type { CheckedOptions, OptionChecker } from './option-checker.js';
import type { PluginFacts } from './plugin-facts.js';
import type { Path, Problem } from './problem.js';
import { COMMON_CHECK_KEYS } from './schema/check.js';
import { WATCH_KEYS } from './schema/service.js';
import { translateWord } from './vocabulary.js';

export interface UsedCheck {
  readonly merged: MergedCheck;
  readonly facts: PluginFacts;
  readonly checked: CheckedOptions;
}

export interface UsedWatch {
  readonly type: string;
  /** The keys common to all watches, as written. */
  readonly common: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What was found usable, and the problems of the rest. */
export interface Used<T> {
  readonly used: readonly T[];
  readonly problems: readonly Problem[];
}

const COMMON_KEYS = Object.keys(COMMON_CHECK_KEYS);

/** `said` and `defaults` are the values of `check` as written, of any type. */
export async function useChecks(
  said: unknown,
  defaults: unknown,
  path: Path,
  options: OptionChecker,
): Promise<Used<UsedCheck>> {
  const used: UsedCheck[] = [];
  const problems: Problem[] = [];
  for (const merged of mergeChecks(said, defaults, path)) {
    const answer = await options.facts('check', merged.type);
    if (answer.found === 'yes') {
      const checked = await options.check('check', answer.facts, merged.options, COMMON_KEYS);
      problems.push(...checked.problems.map((problem) => moved(problem, merged.origin(problem.path))));
      used.push({ merged, facts: answer.facts, checked });
    } else if (answer.found === 'broken') {
      problems.push(broken('check', merged.type, answer.reason, merged.origin(['type'])));
    } else {
      const names = await options.names('check');
      // The plugin that did not load is an error already, and one is enough.
      if (options.pluginsFailed && nearest(merged.type, names) === undefined) continue;
      problems.push(unknownCheck(merged.type, names, merged.origin(['type'])));
    }
  }
  return { used, problems };
}

/** `said` is the value of `watch` as written, `path` where. */
export async function useWatches(
  said: unknown,
  path: Path,
  options: OptionChecker,
): Promise<Used<UsedWatch>> {
  const used: UsedWatch[] = [];
  const problems: Problem[] = [];
  for (const [index, item] of (Array.isArray(said) ? said : []).entries()) {
    const type: unknown = typeof item === 'string' ? item : own(item, 'type');
    if (typeof type !== 'string') continue;
    const itemPath = [...path, index];
    const answer = await options.facts('watch', type);
    if (answer.found !== 'yes') {
      const typePath = typeof item === 'string' ? itemPath : [...itemPath, 'type'];
      problems.push(
        answer.found === 'broken'
          ? broken('watch', type, answer.reason, typePath)
          : unknownWatch(type, await options.names('watch'), typePath),
      );
      continue;
    }
    const entries = Object.entries(isRecord(item) ? item : {});
    const common = Object.fromEntries(entries.filter(([key]) => WATCH_KEYS.includes(key)));
    const ownKeys = Object.fromEntries(entries.filter(([key]) => !WATCH_KEYS.includes(key)));
    const checked = await options.check('watch', answer.facts, ownKeys, WATCH_KEYS);
    problems.push(...checked.problems.map((problem) => moved(problem, [...itemPath, ...problem.path])));
    used.push({ type, common, options: checked.options });
  }
  return { used, problems };
}

/** The problem with another path: its own began at the options. */
export function moved(problem: Problem, path: Path): Problem {
  return { ...problem, path };
}

export function broken(kind: string, name: string, reason: string, path: Path): Problem {
  return { code: 'SLUICE_CFG_PLUGIN', message: `plugin ${kind}/${name} cannot be used: ${reason}`, path };
}

function unknownCheck(type: string, names: readonly string[], path: Path): Problem {
  const guess = nearest(type, names);
  const known = `known here: ${names.join(', ')}; others come with \`plugins\``;
  const hint = translateWord(type) ?? (guess === undefined ? known : `did you mean \`${guess}\`?`);
  return { code: 'SLUICE_CFG_REFERENCE', message: `there is no check of type "${type}"`, hint, path };
}

function unknownWatch(type: string, names: readonly string[], path: Path): Problem {
  const hint = names.length === 0 ? 'take it out of the list' : `known here: ${names.join(', ')}`;
  const message = `the watch "${type}" is not supported by this version of sluice`;
  return { code: 'SLUICE_CFG_UNSUPPORTED', message, hint, path };
}
