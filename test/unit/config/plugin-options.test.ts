// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { completeOptions } from '../../../src/config/plugin-options.js';
import type { Schema } from '../../../src/plugin/schema.js';

const complete = (schema: Schema, value: unknown): unknown => completeOptions(schema, value, '/etc/sluice');

describe('options as a plugin receives them', () => {
  const tls: Schema = {
    anyOf: [
      { type: 'boolean' },
      { type: 'number' },
      { type: 'array', items: { type: 'string' } },
      { type: 'string', enum: ['auto'] },
      {
        type: 'object',
        properties: { ca: { type: 'string', format: 'file' } },
        required: ['ca'],
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: {
          verify: { type: 'boolean', default: true },
          deep: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
        },
        additionalProperties: false,
      },
    ],
  };

  it('have the defaults of the branch that they fit', () => {
    assert.deepEqual(complete(tls, {}), { verify: true });
    assert.deepEqual(complete(tls, { deep: 'x' }), { verify: true, deep: 'x' });
    assert.deepEqual(complete(tls, { ca: 'ca.pem' }), { ca: '/etc/sluice/ca.pem' });
    for (const value of [true, 1.5, ['a'], 'auto']) assert.deepEqual(complete(tls, value), value);
    assert.deepEqual(complete(tls, 'none of them'), 'none of them');
  });

  it('have defaults of every kind, each its own copy', () => {
    const schema = {
      type: 'object',
      properties: {
        list: { type: 'array', items: { type: 'string', format: 'file' }, default: ['a'] },
        either: { anyOf: [{ type: 'string' }], default: 'x' },
        map: { type: 'object', additionalProperties: { type: 'string', format: 'file' } },
        none: { type: 'string' },
      },
      additionalProperties: false,
    } as const;
    const one = complete(schema, { map: { k: '/abs', r: 'rel' } });
    assert.deepEqual(one, { map: { k: '/abs', r: '/etc/sluice/rel' }, list: ['/etc/sluice/a'], either: 'x' });
    assert.deepEqual(schema.properties.list.default, ['a']);
  });
});
