// SPDX-License-Identifier: MIT
/** `fits` says yes to what ajv says yes to, for every schema of sluice's own: else ajv would be loaded for nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type FitSchema, fits } from '../../../src/config/fits.js';
import { ROOT } from '../../../src/config/schema/root.js';
import { validatorOf } from '../../../src/config/validator.js';
import { FIRST_PARTY } from '../../../src/plugin/first-party.js';
import { createPluginRegistry, pluginId } from '../../../src/plugin/plugin-registry.js';

const WORDS = [
  '',
  'x',
  'none',
  'shop',
  '10.0.0.1',
  '10.0.0.1:80',
  '2001:db8::1',
  '2s',
  '5ms',
  '50%',
  '7/255',
  '__proto__',
  'a b',
  '[',
  '💧',
  '💧💧',
];
const anything = fc.constantFrom<unknown>(
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  NaN,
  Infinity,
  '',
  'x',
  [],
  {},
  [1, 1],
  [[], []],
);

/** Values that mostly fit a schema, and go wrong in every way that it has a word for. */
function nearly(schema: FitSchema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: meant(schema) }, { weight: 1, arbitrary: anything });
}

function meant(schema: FitSchema): fc.Arbitrary<unknown> {
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(nearly));
  const { minimum = -5, maximum = 5, minItems = 0 } = schema;
  switch (schema.type) {
    case 'string':
      return fc.constantFrom(...WORDS, ...(schema.enum ?? []));
    case 'integer':
    case 'number':
      return fc.constantFrom(minimum - 1, minimum, minimum + 1, maximum - 1, maximum, maximum + 1, 1, 2, 3);
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(nearly(schema.items ?? {}), {
        minLength: Math.max(0, minItems - 1),
        maxLength: minItems + 2,
      });
    case 'object':
      return meantMapping(schema);
    case undefined:
    default:
      return anything;
  }
}

function meantMapping({
  properties = {},
  required = [],
  additionalProperties,
}: FitSchema): fc.Arbitrary<unknown> {
  const known = Object.fromEntries(
    Object.entries(properties).map(([key, property]) => [key, nearly(property)]),
  );
  const free = typeof additionalProperties === 'object' ? nearly(additionalProperties) : anything;
  const others = fc.dictionary(fc.constantFrom('a', 'b', '9', 'x y', 'toString'), free, { maxKeys: 2 });
  const own = fc.oneof(
    { weight: 9, arbitrary: fc.record(known, { requiredKeys: [...required] }) },
    { weight: 1, arbitrary: fc.record(known, { requiredKeys: [] }) },
  );
  const isMap = Object.keys(known).length === 0;
  return fc
    .tuple(
      own,
      fc.oneof({ weight: isMap ? 9 : 1, arbitrary: others }, { weight: 5, arbitrary: fc.constant({}) }),
    )
    .map(([a, b]) => ({ ...a, ...b }));
}

const schemas = new Map<string, FitSchema>([['the configuration', ROOT]]);
for (const { kind, name } of FIRST_PARTY) {
  const plugin = await createPluginRegistry().get(kind, name);
  if (plugin !== undefined) schemas.set(`the options of ${pluginId(plugin)}`, plugin.options);
}

/** A schema and all that it is made of: a whole configuration made at random is hardly ever right. */
function* partsOf(schema: FitSchema): Generator<FitSchema> {
  yield schema;
  const { properties = {}, additionalProperties, items, anyOf = [] } = schema;
  const inner = [...Object.values(properties), ...anyOf, additionalProperties, items];
  for (const part of inner) if (typeof part === 'object') yield* partsOf(part);
}

/** Strict ajv refuses a default inside of `anyOf`. */
function withoutDefaults(written: FitSchema): FitSchema {
  const { default: _default, ...schema } = written;
  const { properties, additionalProperties, items, anyOf } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, part]) => [key, withoutDefaults(part)]),
      ),
    }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: withoutDefaults(additionalProperties),
    }),
    ...(items && { items: withoutDefaults(items) }),
    ...(anyOf && { anyOf: anyOf.map(withoutDefaults) }),
  };
}

describe('fits agrees with ajv', () => {
  for (const [name, schema] of schemas) {
    it(`on ${name}`, async () => {
      const verdicts = new Set<boolean>();
      for (const part of new Set(partsOf(withoutDefaults(schema)))) {
        const validate = await validatorOf(part);
        const agrees = fc.property(nearly(part), (value) => {
          const verdict = validate(value);
          verdicts.add(verdict);
          assert.equal(fits(part, value), verdict);
        });
        fc.assert(agrees, { numRuns: 60 });
      }
      assert.equal(verdicts.size, 2);
    });
  }
});
