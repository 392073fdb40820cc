// SPDX-License-Identifier: MIT
/** sluice.yaml(5) and the grammar know the same keys; every example of a configuration is valid. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { firstPartyPlugins } from '../../docs/generated-files.js';
import { allConfigKeys } from '../../docs/tables/config-keys.js';
import { TABLE_SETS } from '../../plugins/backend-nftables/sets.js';
import { formatDiagnostic } from '../../src/config/format-diagnostic.js';
import { isRecord } from '../../src/is-record.js';
import { loadConfig } from '../../src/config/load.js';
import { createPluginRegistry } from '../../src/plugin/plugin-registry.js';
import { literals, marked } from './mdoc-reader.js';
import { PAGES, read, ROOT } from './repository.js';

const page = read('man/sluice.yaml.5');

/** Keys of a plugin's options, those inside of others too. */
function optionKeys(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(optionKeys);
  if (!isRecord(schema)) return [];
  const { properties, anyOf, items } = schema;
  const own = isRecord(properties) ? Object.entries(properties) : [];
  return [
    ...own.flatMap(([key, inner]) => [key, ...optionKeys(inner)]),
    ...optionKeys(anyOf),
    ...optionKeys(items),
  ];
}

describe('sluice.yaml(5)', async () => {
  const plugins = await firstPartyPlugins();
  const known = new Set([...allConfigKeys(), ...plugins.flatMap(({ options }) => optionKeys(options))]);
  const told = new Set(marked(page, 'Ic'));

  it('has every key of the grammar and of the plugins', () => {
    assert.deepEqual(
      [...known].filter((key) => !told.has(key) && key !== 'clusters'),
      [],
    );
    assert.match(page, /^\.Ql clusters$/m);
  });

  it('has no key that is not there', () => {
    assert.deepEqual(
      [...told].filter((key) => !known.has(key)),
      [],
    );
  });
});

describe('sluice.yaml(5) on the table of nftables', () => {
  it('tells of each set, and of no other', () => {
    const sets = TABLE_SETS.map(({ definition }) => definition.name).toSorted();
    const told = [...page.matchAll(/^\.It Li (.*)$/gm)].flatMap(([, names = '']) => names.split(' , '));
    assert.deepEqual(told.toSorted(), sets);
  });
});

/** Every configuration that the texts show; those for plugins are relative to the plugins' folder. */
function examples(): { readonly from: string; readonly text: string }[] {
  const inPages = PAGES.flatMap((path) => literals(read(path)).map((text) => ({ from: path, text })));
  const inReadme = [...read('README.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => ({
    from: 'README.md',
    text,
  }));
  return [...inPages.filter(({ text }) => /^clusters:$/m.test(text)), ...inReadme];
}

describe('examples of configurations', () => {
  for (const [index, { from, text }] of examples().entries()) {
    it(`number ${index + 1}, of ${from}, is valid`, async () => {
      const file = resolve(ROOT, from === 'man/sluice-plugins.7' ? 'docs/examples/sluice.yaml' : from);
      const loaded = await loadConfig({ file, text, registry: createPluginRegistry() });
      const told = loaded.diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, { color: false }));
      assert.deepEqual(told, []);
      assert.ok(loaded.ok);
    });
  }
});
