// SPDX-License-Identifier: MIT
/** Words for values and for what a schema expects. */
import { isRecord } from '../is-record.js';

const FORMAT_WORDS: Readonly<Record<string, string>> = {
  duration: 'a duration such as 2s',
  interval: 'a duration such as 2s',
  timeout: 'a duration such as 1s',
  address: 'an IP address',
  'member-address': 'an IP address',
  endpoint: 'ADDR:PORT',
  listen: 'ADDR:PORT',
  fwmark: 'a mark such as 7 or 0x10/0xff',
  percent: 'a share such as 50%',
  'source-nat': 'none, masquerade or an IP address',
  'probe-source': 'an IP address or the name of an interface',
  name: 'a name',
  regex: 'a regular expression',
  file: 'a path',
};

/** More of them would hide the rest of the sentence. */
const MOST_KEYS = 5;

/** `a number`, `a list`, …: what stands there. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'a mapping';
  if (typeof value === 'string') return `the text "${shorten(value)}"`;
  if (typeof value === 'number') return `the number ${value}`;
  return typeof value === 'boolean' ? String(value) : 'something else';
}

/** `a duration such as 2s`, `a list of names`, `one of a, b`: what a schema would take. */
export function describeSchema(schema: unknown): string {
  if (!isRecord(schema)) return 'something else';
  const { anyOf, enum: words, format, type, items, properties } = schema;
  if (Array.isArray(anyOf)) return orList(anyOf.map(describeSchema));
  if (Array.isArray(words)) return words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`;
  if (typeof format === 'string') return FORMAT_WORDS[format] ?? 'text';
  switch (type) {
    case 'string':
      return 'text';
    case 'integer':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return isRecord(items) ? `a list (each ${describeSchema(items)})` : 'a list';
    default:
      return isRecord(properties) ? describeKeys(Object.keys(properties)) : 'a mapping';
  }
}

function describeKeys(keys: readonly string[]): string {
  return keys.length > MOST_KEYS ? 'a mapping' : `a mapping with ${keyList(keys)}`;
}

/** `a, b or c`, each once. */
export function orList(parts: readonly string[]): string {
  const unique = [...new Set(parts)];
  const last = unique.pop() ?? '';
  return unique.length === 0 ? last : `${unique.join(', ')} or ${last}`;
}

export function keyList(keys: readonly string[]): string {
  return keys.map((key) => `\`${key}\``).join(', ');
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
