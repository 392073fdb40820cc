// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import type { ObjectSchema, Schema } from '../plugin/schema.js';

/** `given`, with the schema's defaults for what it doesn't say. */
export function withDefaults(
  schema: ObjectSchema,
  given: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const defaults = Object.entries(schema.properties).flatMap(([key, property]) =>
    'default' in property ? [[key, structuredClone(property.default)] as const] : [],
  );
  return { ...Object.fromEntries(defaults), ...given };
}

/** Every option has a name as in the config, a description, and a default of its own type. */
export function assertOptionsDocumented(schema: ObjectSchema): void {
  for (const [key, property] of Object.entries(schema.properties)) {
    assert.match(key, /^[a-z][a-z0-9_]*$/, `option ${key}: lower case with underscores`);
    assert.ok((property.description ?? '').length > 0, `option ${key} needs a description`);
    if ('default' in property && property.default !== undefined) {
      assert.ok(isOfType(property.default, property), `option ${key}: its default is not of its type`);
    }
  }
  for (const key of schema.required ?? []) {
    assert.ok(key in schema.properties, `required option ${key} is not among the properties`);
  }
}

function isOfType(value: unknown, schema: Schema): boolean {
  if ('anyOf' in schema) return schema.anyOf.some((one) => isOfType(value, one));
  switch (schema.type) {
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'string':
    case 'number':
    case 'boolean':
    default:
      return typeof value === schema.type;
  }
}
