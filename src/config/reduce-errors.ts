// SPDX-License-Identifier: MIT
/**
 * ajv reports every branch of every `anyOf`. This keeps what the author of the configuration meant: the errors
 * of the one branch whose type the value has, or a single error where it has none of them.
 */
import type { ErrorObject } from 'ajv';
import { isRecord } from '../is-record.js';

/** An error to report: ajv's, or "none of these types fits", with what would have. */
export interface Reduced {
  readonly error: ErrorObject;
  /** For an `anyOf` of which no branch fits: the branches' schemas. */
  readonly branches?: readonly unknown[];
}

export function reduceErrors(errors: readonly ErrorObject[]): Reduced[] {
  const umbrella = errors
    .filter((error) => error.keyword === 'anyOf')
    .reduce<ErrorObject | undefined>(
      (outer, error) => (outer && isOuter(outer, error) ? outer : error),
      undefined,
    );
  if (umbrella === undefined) return errors.map((error) => ({ error }));
  const inside = errors.filter((error) => error !== umbrella && isUnder(error, umbrella));
  const outside = errors.filter((error) => error !== umbrella && !inside.includes(error));
  return [...reduceErrors(outside), ...chooseBranch(umbrella, inside)];
}

function isOuter(a: ErrorObject, b: ErrorObject): boolean {
  return a.schemaPath.length <= b.schemaPath.length;
}

function isUnder(error: ErrorObject, umbrella: ErrorObject): boolean {
  const { instancePath: at, schemaPath } = umbrella;
  return (
    error.schemaPath.startsWith(`${schemaPath}/`) &&
    (error.instancePath === at || error.instancePath.startsWith(`${at}/`))
  );
}

function chooseBranch(umbrella: ErrorObject, inside: readonly ErrorObject[]): Reduced[] {
  const byBranch = new Map<number, ErrorObject[]>();
  for (const error of inside) {
    const branch = parseInt(error.schemaPath.slice(umbrella.schemaPath.length + 1), 10);
    byBranch.set(branch, [...(byBranch.get(branch) ?? []), error]);
  }
  const schemas: readonly unknown[] = Array.isArray(umbrella.schema) ? umbrella.schema : [];
  const fitting = [...byBranch].filter(([, errors]) => !errors.some((error) => isTypeOf(error, umbrella)));
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0 && !isOnlyWord(only[1], umbrella))
    return reduceErrors(only[1]);
  if (only !== undefined && others.length === 0)
    return [{ error: umbrella, branches: schemas.filter(isRecord) }];
  // Several branches of one type, all of them texts that say what they are: none is the one meant.
  const shallow = fitting.filter(([, errors]) =>
    errors.every((error) => error.instancePath === umbrella.instancePath),
  );
  const deep = fitting.filter((branch) => !shallow.includes(branch));
  if (deep.length > 0) {
    return deep.map(([, errors]) => reduceErrors(errors)).toSorted((a, b) => a.length - b.length)[0] ?? [];
  }
  const branches = (shallow.length > 0 ? shallow.map(([branch]) => schemas[branch]) : schemas).filter(
    isRecord,
  );
  return [{ error: umbrella, branches }];
}

function isTypeOf(error: ErrorObject, umbrella: ErrorObject): boolean {
  return error.keyword === 'type' && error.instancePath === umbrella.instancePath;
}

/** A text where the only text there can be is one word (`none`): the other branches are worth naming as well. */
function isOnlyWord([error, ...more]: readonly ErrorObject[], umbrella: ErrorObject): boolean {
  const isHere = error?.keyword === 'enum' && error.instancePath === umbrella.instancePath;
  return isHere && more.length === 0 && Array.isArray(error.schema) && error.schema.length === 1;
}
