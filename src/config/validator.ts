// SPDX-License-Identifier: MIT
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import { type FitSchema, fits } from './fits.js';

let ajv: Ajv | undefined;
const compiled = new WeakMap<object, ValidateFunction>();

/**
 * Ajv's validator of a schema, which narrows to `T`. Loading ajv and compiling the core's schema takes longer than
 * all else that a start does: ask {@link errorsOf} where the schema is sluice's own.
 * @throws what is wrong with the schema
 */
export async function validatorOf<T>(schema: object): Promise<ValidateFunction<T>> {
  const { createAjv } = await import('./ajv.js');
  ajv ??= createAjv();
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  // Ajv itself would keep every schema it ever saw; a reload brings new ones of the same plugins.
  ajv.removeSchema(schema);
  return validate as ValidateFunction<T>;
}

/** What ajv says against a value; it is asked only where the value doesn't plainly fit. */
export async function errorsOf(schema: FitSchema, value: unknown): Promise<readonly ErrorObject[]> {
  if (fits(schema, value)) return [];
  const validate = await validatorOf(schema);
  return validate(value) ? [] : (validate.errors ?? []);
}
