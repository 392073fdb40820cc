// SPDX-License-Identifier: MIT
/**
 * The shape in which the core's own grammar is declared. From it follow validation, the editor's schema and
 * the tables of sluice.yaml(5); so every key carries a `description` (what it is for, its unit) and, where
 * it has a fixed one, its `default`. Defaults are filled in by `resolve`, which must know what was said.
 */
export interface CoreSchema {
  readonly type?: 'string' | 'integer' | 'boolean' | 'array' | 'object';
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly properties?: Readonly<Record<string, CoreSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | CoreSchema;
  readonly propertyNames?: CoreSchema;
  readonly minProperties?: number;
  readonly items?: CoreSchema;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly anyOf?: readonly CoreSchema[];
}

/** A mapping with exactly these keys. */
export function mapping(
  properties: Readonly<Record<string, CoreSchema>>,
  rest: Omit<CoreSchema, 'type' | 'properties' | 'additionalProperties'> = {},
): CoreSchema {
  return { type: 'object', properties, additionalProperties: false, ...rest };
}

/** A mapping from names that the operator chooses. */
export function named(values: CoreSchema, rest: Omit<CoreSchema, 'type'> = {}): CoreSchema {
  return { type: 'object', propertyNames: NAME, additionalProperties: values, ...rest };
}

export const NAME: CoreSchema = { type: 'string', format: 'name' };
export const PORT: CoreSchema = { type: 'integer', minimum: 1, maximum: 65535 };
export const ADMIN: CoreSchema = {
  type: 'string',
  enum: ['enabled', 'drain', 'disabled'],
  description:
    'What the operator wants of the member: enabled takes connections; drain takes no new ones and keeps those it has; disabled is taken out at once.',
  default: 'enabled',
};
