// SPDX-License-Identifier: MIT
/** From ajv's errors to problems in the words of somebody who wrote a configuration. */
import type { ErrorObject } from 'ajv';
import type { ErrorCode } from '../errors.js';
import { describeSchema, describeValue, keyList } from './describe.js';
import { FORMATS } from './formats.js';
import { isRecord } from '../is-record.js';
import { nearest } from './nearest.js';
import type { Path, Problem } from './problem.js';
import { type Reduced, reduceErrors } from './reduce-errors.js';
import { QUOTE_IPV6 } from './traps.js';
import { translateWord } from './vocabulary.js';

const ADDRESS_FORMATS: ReadonlySet<unknown> = new Set(['address', 'member-address', 'endpoint', 'listen']);
const DURATION_FORMATS: ReadonlySet<unknown> = new Set(['duration', 'interval', 'timeout']);

const MERGE_KEY = 'merge keys are not supported: put what services share under `defaults`, or use an alias';

/** Far more than are ever shown, and few enough to be sorted out at once. */
const MOST_ERRORS = 1000;

/**
 * `root` is where the validated value stands in the configuration. `knownKeys` replaces the keys that a
 * schema names at its root, for a check whose common keys another schema holds.
 */
export function translateErrors(
  errors: readonly ErrorObject[],
  root: Path,
  knownKeys?: readonly string[],
): Problem[] {
  const reduced = reduceErrors(errors.slice(0, MOST_ERRORS));
  const paired = new Set<Reduced>();
  const problems = reduced.flatMap((entry): Problem[] => {
    if (entry.error.keyword !== 'additionalProperties') return [];
    return [unknownKey(entry.error, reduced, paired, root, knownKeys)];
  });
  for (const entry of reduced) {
    if (entry.error.keyword === 'additionalProperties' || paired.has(entry)) continue;
    problems.push(...translateOne(entry, root));
  }
  return problems;
}

/** A missing key beside an unknown one that looks like it is the same mistake: told once. */
function unknownKey(
  error: ErrorObject,
  all: readonly Reduced[],
  paired: Set<Reduced>,
  root: Path,
  knownKeys?: readonly string[],
): Problem {
  const key = String(error.params['additionalProperty']);
  const present = isRecord(error.data) ? Object.keys(error.data) : [];
  const known = error.instancePath === '' && knownKeys !== undefined ? knownKeys : keysOf(error.parentSchema);
  const absent = known.filter((name) => !present.includes(name));
  const guess = nearest(key, absent);
  const missing = all.find(
    ({ error: other }) =>
      other.keyword === 'required' &&
      other.instancePath === error.instancePath &&
      other.params['missingProperty'] === guess,
  );
  if (missing !== undefined) paired.add(missing);
  const path = [...root, ...pointer(error.instancePath), key];
  return {
    code: 'SLUICE_CFG_UNKNOWN_KEY',
    message: `there is no key "${key}" here`,
    hint: unknownKeyHint(key, guess, known),
    path,
    at: 'key',
  };
}

function unknownKeyHint(key: string, guess: string | undefined, known: readonly string[]): string {
  if (key === '<<')
    return 'merge keys are not supported: put what services share under `defaults`, or use an alias';
  const foreign = translateWord(key);
  if (foreign !== undefined) return foreign;
  if (guess !== undefined) return `did you mean \`${guess}\`?`;
  return known.length === 0 ? 'this takes no keys' : `known here: ${keyList(known)}`;
}

function translateOne(entry: Reduced, root: Path): Problem[] {
  const { error } = entry;
  const path = [...root, ...pointer(error.instancePath)];
  const value = (code: ErrorCode, message: string, hint?: string): Problem[] => [
    { code, message, hint, path },
  ];
  if (entry.branches !== undefined) {
    const expected = entry.branches.map(describeSchema);
    return [typeProblem(error.data, { anyOf: entry.branches }, [...new Set(expected)], path)];
  }
  if (error.propertyName !== undefined) return [wrongName(error, error.propertyName, path)];
  switch (error.keyword) {
    case 'required': {
      const key = String(error.params['missingProperty']);
      const message = `the key "${key}" is missing here`;
      return [{ code: 'SLUICE_CFG_MISSING_KEY', message, path, at: 'key' }];
    }
    case 'type':
      return [typeProblem(error.data, error.parentSchema, [describeSchema(error.parentSchema)], path)];
    case 'enum':
      return value('SLUICE_CFG_VALUE', ...enumMessage(error));
    case 'format':
      return value('SLUICE_CFG_VALUE', formatMessage(error));
    case 'propertyNames':
      return [];
    case 'minimum':
    case 'maximum':
      return value('SLUICE_CFG_VALUE', rangeMessage(error));
    case 'minProperties':
      return value('SLUICE_CFG_VALUE', 'this must not be empty');
    case 'minItems':
      return value('SLUICE_CFG_VALUE', `this list needs ${String(error.params['limit'])} or more values`);
    case 'minLength':
      return value('SLUICE_CFG_VALUE', 'this must not be empty');
    case 'maxProperties':
      return value(
        'SLUICE_CFG_VALUE',
        `there may be ${String(error.params['limit'])} of these keys, not more`,
      );
    case 'maxItems':
      return value(
        'SLUICE_CFG_VALUE',
        `this list may have ${String(error.params['limit'])} values, not more`,
      );
    case 'maxLength':
      return value('SLUICE_CFG_VALUE', `this may have ${String(error.params['limit'])} characters, not more`);
    case 'pattern':
      return value('SLUICE_CFG_VALUE', `${describeValue(error.data)} does not match ${String(error.schema)}`);
    case 'uniqueItems':
      return [{ ...duplicateItem(error), path: [...path, duplicatePosition(error)] }];
    default:
      return value('SLUICE_CFG_VALUE', `this ${error.message ?? 'is not allowed here'}`);
  }
}

/** A fault of a key that the operator chose, rather than of what it leads to. */
function wrongName(error: ErrorObject, name: string, path: Path): Problem {
  const hint = name === '<<' ? MERGE_KEY : undefined;
  return { code: 'SLUICE_CFG_VALUE', message: formatMessage(error), hint, path: [...path, name], at: 'key' };
}

function typeProblem(data: unknown, schema: unknown, expected: readonly string[], path: Path): Problem {
  const wanted = expected.join(', or ');
  if (data === null) {
    return {
      code: 'SLUICE_CFG_TYPE',
      message: 'this has no value',
      hint: `expected ${wanted}; take the key away for its default`,
      path,
    };
  }
  const formats = formatsOf(schema);
  const address = formats.some((format) => ADDRESS_FORMATS.has(format));
  const duration = formats.some((format) => DURATION_FORMATS.has(format));
  const wrongValue = typeof data === 'string' && formats.length > 0;
  return {
    code: wrongValue ? 'SLUICE_CFG_VALUE' : 'SLUICE_CFG_TYPE',
    message: `expected ${wanted}, found ${describeValue(data)}`,
    hint: typeHint(data, address, duration, schema),
    path,
  };
}

function typeHint(data: unknown, address: boolean, duration: boolean, schema: unknown): string | undefined {
  if (duration && typeof data === 'number') return `a duration has a unit: ${data}s, or ${data}ms`;
  if (address && isRecord(data)) return QUOTE_IPV6;
  if (typeof data === 'number' && isRecord(schema) && schema['type'] === 'string')
    return `put it in quotes: "${data}"`;
  if (typeof data === 'boolean' && isRecord(schema) && schema['type'] === 'string')
    return `put it in quotes: "${data}"`;
  if (typeof data === 'string' && /^\d+$/.test(data)) return 'write the number without quotes';
  return undefined;
}

function enumMessage(error: ErrorObject): [message: string, hint: string | undefined] {
  const words = Array.isArray(error.schema) ? error.schema.map(String) : [];
  const guess = typeof error.data === 'string' ? nearest(error.data, words) : undefined;
  const message = `expected ${describeSchema({ enum: words })}, found ${describeValue(error.data)}`;
  return [message, guess === undefined ? undefined : `did you mean \`${guess}\`?`];
}

function formatMessage(error: ErrorObject): string {
  const read = FORMATS.get(String(error.params['format']));
  const parsed = typeof error.data === 'string' ? read?.(error.data) : undefined;
  return parsed === undefined || parsed.ok ? `this ${error.message ?? 'has the wrong form'}` : parsed.reason;
}

function rangeMessage(error: ErrorObject): string {
  const { minimum, maximum } = isRecord(error.parentSchema) ? error.parentSchema : {};
  const range =
    minimum === undefined
      ? `at most ${String(maximum)}`
      : maximum === undefined
        ? `at least ${String(minimum)}`
        : `${String(minimum)} to ${String(maximum)}`;
  return `${String(error.data)} is not allowed here: expected ${range}`;
}

/** The later of the two. */
function duplicatePosition(error: ErrorObject): number {
  return Math.max(Number(error.params['i']), Number(error.params['j']));
}

function duplicateItem(error: ErrorObject): Omit<Problem, 'path'> {
  const item: unknown = Array.isArray(error.data) ? error.data[duplicatePosition(error)] : undefined;
  return { code: 'SLUICE_CFG_CONFLICT', message: `${describeValue(item)} is in this list twice` };
}

function keysOf(schema: unknown): readonly string[] {
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  return isRecord(properties) ? Object.keys(properties) : [];
}

function formatsOf(schema: unknown): readonly unknown[] {
  if (!isRecord(schema)) return [];
  const { anyOf, format, items } = schema;
  if (Array.isArray(anyOf)) return anyOf.flatMap(formatsOf);
  if (items !== undefined) return formatsOf(items);
  return format === undefined ? [] : [format];
}

/** RFC 6901 to a path. */
function pointer(text: string): string[] {
  return text
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
