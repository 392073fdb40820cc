// SPDX-License-Identifier: MIT
import { Ajv } from 'ajv';
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
