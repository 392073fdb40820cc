// SPDX-License-Identifier: MIT
/** A schema in the few words that stand beside its key in a manual page. */
import { isRecord } from '../src/is-record.js';

const FORMATS: Readonly<Record<string, string>> = {
  duration: 'duration',
  interval: 'duration',
  timeout: 'duration',
  address: 'address',
  'member-address': 'address or DNS name',
  endpoint: 'ADDR:PORT',
  listen: 'ADDR:PORT[-LAST][/udp]',
  fwmark: 'N/MASK',
  percent: 'percent',
  'source-nat': 'none | masquerade | address',
  'probe-source': 'address or interface',
  name: 'name',
  regex: 'regular expression',
  file: 'path',
};

/** `duration`, `number 1-1000`, `true | false`, `list of names`, … */
export function typeWords(schema: unknown): string {
  if (!isRecord(schema)) return 'anything';
  const { anyOf, enum: words, format, type, items, properties, additionalProperties } = schema;
  if (Array.isArray(anyOf)) return [...new Set(anyOf.map(typeWords))].join(', or ');
  if (Array.isArray(words)) return words.join(' | ');
  if (typeof format === 'string') return FORMATS[format] ?? format;
  switch (type) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return `number${range(schema)}`;
    case 'boolean':
      return 'true | false';
    case 'array':
      return `list of ${typeWords(items)}`;
    default:
      if (isRecord(properties)) return 'mapping';
      return isRecord(additionalProperties)
        ? `mapping of name to ${typeWords(additionalProperties)}`
        : 'mapping';
  }
}

function range({ minimum, maximum }: Readonly<Record<string, unknown>>): string {
  const least = typeof minimum === 'number' ? `${minimum}` : undefined;
  const most = typeof maximum === 'number' ? `${maximum}` : undefined;
  if (most === undefined) return least === undefined ? '' : ` from ${least}`;
  return least === undefined ? ` up to ${most}` : ` ${least}-${most}`;
}

/** A default as it would be written; undefined: there is none, or none worth a word. */
export function defaultWords(schema: unknown): string | undefined {
  const value = isRecord(schema) ? schema['default'] : undefined;
  if (value === undefined || value === '') return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : `[${value.join(', ')}]`;
  if (isRecord(value) && Object.keys(value).length === 0) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
