// SPDX-License-Identifier: MIT
import { ERROR_CODES } from '../../src/errors.js';
import { prose, tagList } from '../mdoc.js';

/** Every error code with what it means. */
export function errorCodeList(): string {
  const items = Object.entries(ERROR_CODES).map(([code, meaning]) => ({
    head: `Er ${code}`,
    body: prose(`${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}.`),
  }));
  return tagList(items).join('\n');
}
