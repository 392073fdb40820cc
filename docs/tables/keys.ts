// SPDX-License-Identifier: MIT
/** The keys of a mapping as a list of mdoc: type, meaning, default, and the keys inside of it. */
import { isRecord } from '../../src/is-record.js';
import { argument, type Item, prose, tagList } from '../mdoc.js';
import { defaultWords, typeWords } from '../type-words.js';

/** More to say of a key, as prose; undefined: nothing. */
export type Remark = (key: string) => string | undefined;

const NOTHING: Remark = () => undefined;

/** `schema` is a mapping with `properties`, the core's or a plugin's. */
export function keyList(schema: unknown, remark: Remark = NOTHING): string[] {
  if (!isRecord(schema) || !isRecord(schema['properties'])) return [];
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const items = Object.entries(schema['properties']).map(([key, value]) =>
    keyItem(key, value, required.includes(key), remark(key)),
  );
  return tagList(items);
}

function keyItem(key: string, schema: unknown, required: boolean, remark: string | undefined): Item {
  const description = isRecord(schema) ? schema['description'] : undefined;
  const text = typeof description === 'string' ? description : '';
  const fallback = defaultWords(schema);
  const said = [
    text === '' ? undefined : text.replace(/[^.]$/, '$&.'),
    required ? 'Required.' : undefined,
    fallback === undefined || /Default:|\(default/.test(text) ? undefined : `Default: \`${fallback}\`.`,
    remark,
  ].filter((sentence) => sentence !== undefined);
  return {
    head: `Ic ${argument(key)} : Ar ${argument(typeWords(schema))}`,
    body: [...said.flatMap(prose), ...inner(schema)],
  };
}

/** Keys of a mapping inside, whichever of the alternatives is one; a list's are those of its items. */
function inner(schema: unknown): string[] {
  if (!isRecord(schema)) return [];
  const { anyOf, items, properties } = schema;
  if (properties !== undefined) return keyList(schema);
  if (Array.isArray(anyOf)) return anyOf.flatMap(inner);
  return items === undefined ? [] : inner(items);
}
