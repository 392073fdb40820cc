// SPDX-License-Identifier: MIT
/** Checks as they are once `defaults.check` is merged in, and where each key of them was written. */
import { COMMON_CHECK_KEYS } from './schema/check.js';
import { isRecord, own } from '../is-record.js';
import type { Path } from './problem.js';

export const DEFAULT_CHECK_TYPE = 'tcp';

const DEFAULTS_CHECK: Path = ['defaults', 'check'];

export interface MergedCheck {
  readonly type: string;
  /** Keys common to all checks, as written; `type` is not among them. */
  readonly common: Readonly<Record<string, unknown>>;
  /** The keys of its type, as written. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Where the check as a whole is written. */
  readonly path: Path;
  /** Where a path inside of the check was written: here or in the defaults. */
  origin(inside: Path): Path;
}

/**
 * Merges what a service says with what the defaults say: the common keys one by one, a type's own keys only
 * when the type is the same. A list in the defaults is taken whole or not at all. Values may be of any type:
 * those that are no checks at all are left out, the schema complains of them.
 */
export function mergeChecks(said: unknown, defaults: unknown, path: Path): MergedCheck[] {
  // Nobody said anything: the built-in check is nowhere written, so the service stands for it.
  if (said === undefined && defaults === undefined) return [mergeOne({}, undefined, path.slice(0, -1))];
  if (said === undefined) return checksOf(defaults, undefined, DEFAULTS_CHECK);
  return checksOf(said, isRecord(defaults) ? defaults : undefined, path);
}

function checksOf(value: unknown, base: unknown, path: Path): MergedCheck[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) =>
      isRecord(item) ? [mergeOne(item, base, [...path, index])] : [],
    );
  }
  return isRecord(value) ? [mergeOne(value, base, path)] : [];
}

function mergeOne(said: Readonly<Record<string, unknown>>, base: unknown, path: Path): MergedCheck {
  const baseType = typeName(own(base, 'type')) ?? DEFAULT_CHECK_TYPE;
  const type = typeName(said['type']) ?? baseType;
  const inherited = Object.entries(isRecord(base) ? base : {}).filter(
    ([key]) => Object.hasOwn(COMMON_CHECK_KEYS, key) || type === baseType,
  );
  const merged = { ...Object.fromEntries(inherited), ...said };
  const common: Record<string, unknown> = {};
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(merged)) {
    if (key === 'type') continue;
    if (Object.hasOwn(COMMON_CHECK_KEYS, key)) common[key] = value;
    else options[key] = value;
  }
  const origin = (inside: Path): Path => {
    const [key] = inside;
    const inDefaults = key !== undefined && !Object.hasOwn(said, key) && own(base, String(key)) !== undefined;
    return [...(inDefaults ? DEFAULTS_CHECK : path), ...inside];
  };
  return { type, common, options, path, origin };
}

function typeName(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
