// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { editorSchema } from '../../../src/config/json-schema.js';
import { isRecord } from '../../../src/is-record.js';
import { standardPlugins } from '../../support/fake-plugins.js';

const schema = editorSchema(standardPlugins());
const validate = new Ajv({ strict: false, allErrors: true, logger: false }).compile(schema);

function accepts(text: string): boolean {
  return validate(parse(text));
}

const SERVICE =
  'clusters: { shop: { members: { a: 10.0.0.1 }, services: { http: { listen: "192.0.2.1:80", check: CHECK } } } }';

function acceptsCheck(check: string): boolean {
  return accepts(SERVICE.replace('CHECK', check));
}

describe('the schema for editors', () => {
  it('accepts what the daemon accepts', async () => {
    assert.ok(accepts(await readFile('test/golden/config/correct.yaml', 'utf8')));
    assert.ok(accepts(await readFile('config/example.yaml', 'utf8')));
    assert.ok(acceptsCheck('none'));
    assert.ok(acceptsCheck('[{ type: http, path: /, interval: 1s }, { type: tcp }]'));
    assert.ok(acceptsCheck('{ type: command }'), 'a key may come from the defaults');
    assert.ok(acceptsCheck('{ type: from-a-plugin, key: 1 }'));
  });

  it('refuses keys that the type of a check does not have', () => {
    assert.ok(!acceptsCheck('{ type: http, paht: / }'));
    assert.ok(!acceptsCheck('{ type: http, status: 200 }'));
    assert.ok(!acceptsCheck('{ type: tcp, interval: 5 }'));
    assert.ok(!accepts('clusters: {}'));
    assert.ok(!accepts(`${SERVICE.replace('CHECK', 'none')}\nbackends: { nftables: { tabel: x } }`));
  });

  it('describes every key', () => {
    assert.deepEqual(undescribed(schema, ''), []);
  });
});

/** Paths of the keys without a description; in the condition of an `if`, and where `true` stands, none is due. */
function undescribed(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => undescribed(item, `${path}/${index}`));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'if') return [];
    const keys = key === 'properties' && isRecord(inner) ? Object.entries(inner) : [];
    const silent = keys.filter(([, property]) => isRecord(property) && property['description'] === undefined);
    return [...silent.map(([name]) => `${path}/${name}`), ...undescribed(inner, `${path}/${key}`)];
  });
}
