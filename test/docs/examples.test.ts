// SPDX-License-Identifier: MIT
/** The examples that come with sluice are correct, and the full one is full. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { firstPartyPlugins } from '../../docs/generated-files.js';
import { formatDiagnostics } from '../../src/config/format-diagnostic.js';
import { editorSchema } from '../../src/config/json-schema.js';
import { isRecord } from '../../src/is-record.js';
import { loadConfig } from '../../src/config/load.js';
import { createPluginRegistry } from '../../src/plugin/plugin-registry.js';

for (const file of ['config/example.yaml', 'config/full.yaml']) {
  describe(file, () => {
    it('is valid', async () => {
      const loaded = await loadConfig({ file, registry: createPluginRegistry() });
      assert.equal(formatDiagnostics(loaded.diagnostics), '');
      assert.ok(loaded.ok);
    });

    it('is valid to editors', async () => {
      const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
      const validate = ajv.compile(editorSchema(await firstPartyPlugins()));
      assert.ok(validate(parse(await readFile(file, 'utf8'))), JSON.stringify(validate.errors));
    });
  });
}

describe('config/full.yaml', () => {
  it('has every key of the core and of the plugins that come with it', async () => {
    const text = await readFile('config/full.yaml', 'utf8');
    const keys = new Set(keysOf(editorSchema(await firstPartyPlugins())));
    const absent = [...keys].filter((key) => !new RegExp(`\\b${key}:`).test(text));
    assert.deepEqual(absent, []);
  });
});

function keysOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  if (!isRecord(schema)) return [];
  const { properties, ...rest } = schema;
  const names = isRecord(properties) ? Object.keys(properties) : [];
  return [
    ...names,
    ...keysOf(Object.values(rest)),
    ...(isRecord(properties) ? keysOf(Object.values(properties)) : []),
  ];
}
