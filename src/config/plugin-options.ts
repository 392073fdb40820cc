// SPDX-License-Identifier: MIT
/** Fills in the defaults of a plugin's schema and resolves its paths, after ajv found the options in order. */
import { resolve } from 'node:path';
import type { Schema } from '../plugin/schema.js';
import { isRecord } from '../is-record.js';

/**
 * The options as `create` receives them: defaults filled in at every depth (ajv does not inside of `anyOf`),
 * texts of format `file` made absolute against `directory`. The input stays as it is.
 */
export function completeOptions(schema: Schema, value: unknown, directory: string): unknown {
  if ('anyOf' in schema) {
    const branch = schema.anyOf.find((candidate) => fits(candidate, value));
    return branch === undefined ? value : completeOptions(branch, value, directory);
  }
  if (schema.type === 'string') {
    return schema.format === 'file' && typeof value === 'string' ? resolve(directory, value) : value;
  }
  if (schema.type === 'array') {
    return Array.isArray(value) ? value.map((item) => completeOptions(schema.items, item, directory)) : value;
  }
  if (schema.type !== 'object' || !isRecord(value)) return value;
  const complete: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const inner = schemaOfKey(schema, key);
    complete[key] = inner === undefined ? item : completeOptions(inner, item, directory);
  }
  if (!('properties' in schema)) return complete;
  for (const [key, property] of Object.entries(schema.properties)) {
    if (!Object.hasOwn(complete, key) && 'default' in property && property.default !== undefined) {
      complete[key] = completeOptions(property, structuredClone(property.default), directory);
    }
  }
  return complete;
}

function schemaOfKey(schema: Extract<Schema, { type: 'object' }>, key: string): Schema | undefined {
  if (!('properties' in schema)) return schema.additionalProperties;
  return Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
}

/** Whether a value, known to fit one branch of an `anyOf`, is of this branch's shape. */
function fits(schema: Schema, value: unknown): boolean {
  if ('anyOf' in schema) return schema.anyOf.some((branch) => fits(branch, value));
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' && (schema.enum === undefined || schema.enum.includes(value));
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'array':
      return Array.isArray(value) && value.every((item) => fits(schema.items, item));
    case 'object':
      return isRecord(value) && fitsObject(schema, value);
    default:
      return false;
  }
}

function fitsObject(
  schema: Extract<Schema, { type: 'object' }>,
  value: Readonly<Record<string, unknown>>,
): boolean {
  const required = 'required' in schema ? (schema.required ?? []) : [];
  if (!required.every((key) => Object.hasOwn(value, key))) return false;
  return Object.entries(value).every(([key, item]) => {
    const inner = schemaOfKey(schema, key);
    return inner !== undefined && fits(inner, item);
  });
}
