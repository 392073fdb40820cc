// SPDX-License-Identifier: MIT
import { FORMATS } from './formats.js';
import { isRecord } from '../is-record.js';

/** What the core's grammar and the options of first-party plugins are declared in; every keyword there is. */
export interface FitSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: FitSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, FitSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | FitSchema;
  readonly propertyNames?: FitSchema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly anyOf?: readonly FitSchema[];
}

/**
 * Whether a value plainly fits a schema. True is meant as ajv would mean it; false only that it has to be asked:
 * it alone knows what is wrong, and almost every configuration that is read is right.
 */
export function fits(schema: FitSchema, value: unknown): boolean {
  if (schema.anyOf !== undefined && !schema.anyOf.some((branch) => fits(branch, value))) return false;
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' && fitsText(schema, value);
    case 'integer':
      return Number.isInteger(value) && inRange(schema.minimum, schema.maximum, value as number);
    case 'number':
      return Number.isFinite(value) && inRange(schema.minimum, schema.maximum, value as number);
    case 'boolean':
      return typeof value === 'boolean';
    case 'array':
      return Array.isArray(value) && fitsList(schema, value);
    case 'object':
      return isRecord(value) && fitsMapping(schema, value);
    case undefined:
      return schema.anyOf !== undefined;
    default:
      return false;
  }
}

function inRange(least: number | undefined, most: number | undefined, value: number): boolean {
  return (least === undefined || value >= least) && (most === undefined || value <= most);
}

function fitsText(schema: FitSchema, text: string): boolean {
  const { enum: words, format, pattern, minLength, maxLength } = schema;
  if (words !== undefined && !words.includes(text)) return false;
  if (format !== undefined && FORMATS.get(format)?.(text).ok !== true) return false;
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) return false;
  if (minLength === undefined && maxLength === undefined) return true;
  return inRange(minLength, maxLength, Array.from(text).length);
}

function fitsList(schema: FitSchema, list: readonly unknown[]): boolean {
  const { items, minItems, maxItems, uniqueItems } = schema;
  if (!inRange(minItems, maxItems, list.length)) return false;
  if (uniqueItems === true && (list.some((item) => typeof item === 'object') || hasTwice(list))) return false;
  return items === undefined || list.every((item) => fits(items, item));
}

function hasTwice(list: readonly unknown[]): boolean {
  return new Set(list).size < list.length;
}

function fitsMapping(schema: FitSchema, mapping: Readonly<Record<string, unknown>>): boolean {
  const { properties = {}, required = [], additionalProperties = true, propertyNames } = schema;
  let count = 0;
  for (const key in mapping) {
    count += 1;
    if (propertyNames !== undefined && !fits(propertyNames, key)) return false;
    const property = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (property === false || property === undefined) return false;
    if (property !== true && !fits(property, mapping[key])) return false;
  }
  if (!inRange(schema.minProperties, schema.maxProperties, count)) return false;
  return required.every((key) => Object.hasOwn(mapping, key) && mapping[key] !== undefined);
}
