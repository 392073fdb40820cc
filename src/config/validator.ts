// SPDX-License-Identifier: MIT
import { Ajv, type ValidateFunction } from 'ajv';
import { FORMATS } from './formats.js';

/**
 * One ajv for one use. Strict: a schema with an unknown keyword or format is its author's mistake and throws
 * when compiled. No coercion, no removal, no defaults: what was written stays known as written.
 */
export function createAjv(): Ajv {
  const ajv = new Ajv({ strict: true, strictRequired: false, allErrors: true, verbose: true, logger: false });
  for (const [name, read] of FORMATS) {
    ajv.addFormat(name, (text: string) => read(text).ok);
  }
  return ajv;
}

/** A validator that narrows to `T`; compiled at first use, as compiling costs milliseconds. */
export function lazyValidator<T>(schema: object): () => ValidateFunction<T> {
  let validate: ValidateFunction<T> | undefined;
  return () => (validate ??= createAjv().compile<T>(schema));
}
