// SPDX-License-Identifier: MIT
/**
 * The schema for editors (draft-07): the core's grammar with the options of the given plugins written into it.
 * The daemon itself validates in two phases and needs no such thing; what an editor can't know (references,
 * capabilities, what a check takes from the defaults) is left out, so that it never complains of a correct file.
 */
import type { Plugin } from '../plugin/api.js';
import type { Schema } from '../plugin/schema.js';
import { isRecord } from '../is-record.js';
import { CHECK, COMMON_CHECK_KEYS } from './schema/check.js';
import type { CoreSchema } from './schema/core-schema.js';
import { ROOT } from './schema/root.js';

type JsonSchema = Readonly<Record<string, unknown>>;

/** Editors know none of sluice's formats: they get a pattern where one says nearly the same. */
const PATTERNS: Readonly<Record<string, string>> = {
  duration: String.raw`^\d+(\.\d+)?(ms|s|m|h|d)$`,
  interval: String.raw`^\d+(\.\d+)?(ms|s|m|h|d)$`,
  timeout: String.raw`^\d+(\.\d+)?(ms|s|m|h|d)$`,
  endpoint: String.raw`^(\[[0-9A-Fa-f:.]+\]|[0-9.]+):\d+$`,
  listen: String.raw`^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):\d+(-\d+)?(/(tcp|udp))?$`,
  address: '^[0-9A-Fa-f:.]+$',
  percent: String.raw`^\d+%$`,
  name: '^[A-Za-z0-9_.-]{1,64}$',
  fwmark: '^(0x[0-9A-Fa-f]+|[0-9]+)(/(0x[0-9A-Fa-f]+|[0-9]+))?$',
};

const CHECK_REFERENCE = '#/definitions/check';

export function editorSchema(plugins: readonly Plugin[]): JsonSchema {
  const root = fromCore(ROOT, {
    backend: names(plugins, 'backend'),
    scheduler: schedulers(plugins),
    type: names(plugins, 'check'),
  });
  const properties = isRecord(root['properties']) ? root['properties'] : {};
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'sluice.yaml',
    ...root,
    properties: { ...properties, backends: backendsSchema(plugins, properties['backends']) },
    definitions: { check: checkSchema(plugins) },
  };
}

/** `examples` are offered as completions for the keys of these names. */
function fromCore(schema: CoreSchema, examples: Readonly<Record<string, readonly string[]>>): JsonSchema {
  if (schema === CHECK) return { $ref: CHECK_REFERENCE };
  const { format, properties, items, additionalProperties, propertyNames, anyOf, ...plain } = schema;
  const convert = (inner: CoreSchema): JsonSchema => fromCore(inner, examples);
  return {
    ...plain,
    ...patternOf(format),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(convert) }),
    ...(items === undefined ? {} : { items: convert(items) }),
    ...(propertyNames === undefined ? {} : { propertyNames: convert(propertyNames) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: openOrConverted(additionalProperties, convert) }),
    ...(properties === undefined ? {} : { properties: withExamples(properties, convert, examples) }),
  };
}

function openOrConverted(
  schema: boolean | CoreSchema,
  convert: (inner: CoreSchema) => JsonSchema,
): boolean | JsonSchema {
  return typeof schema === 'boolean' ? schema : convert(schema);
}

function withExamples(
  properties: Readonly<Record<string, CoreSchema>>,
  convert: (inner: CoreSchema) => JsonSchema,
  examples: Readonly<Record<string, readonly string[]>>,
): JsonSchema {
  const entries = Object.entries(properties).map(([key, schema]): [string, JsonSchema] => {
    const known = Object.hasOwn(examples, key) ? examples[key] : undefined;
    return [key, known === undefined ? convert(schema) : { ...convert(schema), examples: known }];
  });
  return Object.fromEntries(entries);
}

/** By the check's type: its own keys beside the common ones. A type that nobody here knows may have any. */
function checkSchema(plugins: readonly Plugin[]): JsonSchema {
  const common = withExamples(COMMON_CHECK_KEYS, (schema) => fromCore(schema, {}), {
    type: names(plugins, 'check'),
  });
  const branches = plugins
    .filter((plugin) => plugin.kind === 'check')
    .map(({ name, description, options }) =>
      ifThen(
        { properties: { type: { const: name } }, required: ['type'] },
        {
          ...(description === undefined ? {} : { description }),
          properties: { ...anyValues(Object.keys(common)), ...pluginProperties(options) },
          additionalProperties: false,
        },
      ),
    );
  return { type: 'object', properties: common, allOf: branches };
}

function ifThen(condition: JsonSchema, consequence: JsonSchema): JsonSchema {
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema, never awaited
  return { if: condition, then: consequence };
}

function anyValues(keys: readonly string[]): JsonSchema {
  return Object.fromEntries(keys.map((key) => [key, true]));
}

function backendsSchema(plugins: readonly Plugin[], core: unknown): JsonSchema {
  const options = plugins
    .filter((plugin) => plugin.kind === 'backend')
    .map((plugin): [string, JsonSchema] => [
      plugin.name,
      {
        type: 'object',
        description: plugin.description ?? `Options of backend ${plugin.name}.`,
        properties: pluginProperties(plugin.options),
        additionalProperties: false,
      },
    ]);
  return { ...(isRecord(core) ? core : {}), properties: Object.fromEntries(options) };
}

function pluginProperties(options: { readonly properties: Readonly<Record<string, Schema>> }): JsonSchema {
  return Object.fromEntries(
    Object.entries(options.properties).map(([key, schema]) => [key, fromPlugin(schema)]),
  );
}

function fromPlugin(schema: Schema): JsonSchema {
  if ('anyOf' in schema) return { ...schema, anyOf: schema.anyOf.map(fromPlugin) };
  if (schema.type === 'string') {
    const { format, ...plain } = schema;
    return { ...patternOf(format), ...plain };
  }
  if (schema.type === 'array') return { ...schema, items: fromPlugin(schema.items) };
  if (schema.type !== 'object') return { ...schema };
  return 'properties' in schema
    ? { ...schema, properties: pluginProperties(schema) }
    : { ...schema, additionalProperties: fromPlugin(schema.additionalProperties) };
}

function patternOf(format: string | undefined): JsonSchema {
  const pattern = format === undefined ? undefined : PATTERNS[format];
  return pattern === undefined ? {} : { pattern };
}

function names(plugins: readonly Plugin[], kind: Plugin['kind']): string[] {
  return plugins.filter((plugin) => plugin.kind === kind).map(({ name }) => name);
}

function schedulers(plugins: readonly Plugin[]): string[] {
  const all = plugins.flatMap((plugin) =>
    plugin.kind === 'backend'
      ? [...plugin.capabilities.schedulers, ...Object.keys(plugin.capabilities.schedulerAliases)]
      : [],
  );
  return [...new Set(all)];
}
