// SPDX-License-Identifier: MIT
/** sluice.yaml(5) and the grammar know the same keys; every example of a configuration is valid. */
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { firstPartyPlugins } from '../../docs/generated-files.js';
import { allConfigKeys } from '../../docs/tables/config-keys.js';
import { TABLE_SETS } from '../../plugins/backend-nftables/sets.js';
import { formatDiagnostic } from '../../src/config/format-diagnostic.js';
import { isRecord } from '../../src/config/is-record.js';
import { loadConfig } from '../../src/config/load.js';
import { createPluginRegistry } from '../../src/plugin/plugin-registry.js';
import { literals, marked, section } from './mdoc-reader.js';
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

/** What each trap of the page does to a configuration that is correct otherwise. */
const TRAPS: Readonly<Record<string, (correct: string) => string>> = {
  'IPv6 without quotes': (text) => text.replace('10.0.0.1', '[10.0.0.1, 2001:db8::]'),
  'numbers that are not': (text) => text.replace('labels: {}', 'labels: { rack: 7 }'),
  'durations without a unit': (text) => text.replace('5s', '5'),
  'a key without a value': (text) => text.replace('port: 8080', 'port:'),
  'yes and no': (text) => text.replace('reuse: true', 'reuse: yes'),
  'merge keys': (text) => text.replace('port: 8080', '<<: {}'),
  'the same key twice': (text) => text.replace('port: 8080', 'port: 8080\n        port: 8080'),
  'several documents': (text) => `${text}---\n${text}`,
  tags: (text) => text.replace('5s', '!!duration 5s'),
};

const CORRECT = `
clusters:
  shop:
    members:
      a: { address: 10.0.0.1, labels: {} }
    services:
      http:
        listen: "192.0.2.10:80"
        port: 8080
        check: { type: http, reuse: true, interval: 5s }
`;

describe('traps of YAML', () => {
  const isValid = async (text: string): Promise<boolean> =>
    (await loadConfig({ file: 'sluice.yaml', text, registry: createPluginRegistry() })).ok;

  it('are all tried', () => {
    const lines = section(page, 'TRAPS OF YAML').filter((line) => line.startsWith('.It Em '));
    assert.deepEqual(
      lines.map((line) => line.slice('.It Em '.length)),
      Object.keys(TRAPS),
    );
  });

  for (const [name, spring] of Object.entries(TRAPS)) {
    it(`${name}: refused`, async () => {
      assert.notEqual(spring(CORRECT), CORRECT);
      assert.ok(await isValid(CORRECT));
      assert.ok(!(await isValid(spring(CORRECT))));
    });
  }

  it('IPv6 without quotes: refused as the page says', async () => {
    for (const [quoted, bare] of [
      ['"192.0.2.10:80"', '[::1]:80'],
      ['10.0.0.1', '2001:db8::'],
    ] as const) {
      assert.ok(!(await isValid(CORRECT.replace(quoted, bare))), bare);
    }
  });
});

/** Keys of which the page says that this version refuses them, as they would be written. */
const REFUSED: Readonly<Record<string, string>> = {
  fwmark: 'fwmark: 7',
  persistence: 'persistence: 6m',
  watch: 'watch: [rst]',
  rescue: 'rescue: true',
  fallback: 'fallback: "10.0.0.9:80"',
  min_up: 'min_up: 2',
  panic: 'panic: {}',
  flap: 'flap: {}',
  slow_start: 'slow_start: 30s',
  drain: 'drain: 5m',
  limits: 'limits: { upper: 100 }',
};

describe('keys that the page says are refused', async () => {
  const backends = (await firstPartyPlugins()).filter(({ kind }) => kind === 'backend');
  const config = (more: string, backend: string, member = '10.0.0.2'): string =>
    `defaults: { backend: ${backend} }
clusters:
  shop:
    members: { a: 10.0.0.1, b: ${member} }
    services:
      http:
        listen: "192.0.2.10:80"
        ${more}
`;
  const codes = async (text: string): Promise<string[]> => {
    const { diagnostics } = await loadConfig({ file: 'sluice.yaml', text, registry: createPluginRegistry() });
    return diagnostics.map(({ code }) => code);
  };

  it('are those that are', () => {
    const items = section(page, 'SERVICES')
      .join('\n')
      .split(/^\.It Ic /m);
    const told = items
      .filter((item) => /refuse[sd]\s+(it\s+)?by\s+name/.test(item))
      .map((item) => item.split(' ')[0] ?? '');
    assert.deepEqual(told.toSorted(), Object.keys(REFUSED).toSorted());
  });

  for (const { name } of backends) {
    for (const [key, line] of Object.entries(REFUSED)) {
      it(`${key} on ${name}`, async () => {
        assert.deepEqual(await codes(config('', name)), []);
        assert.deepEqual(await codes(config(line, name)), ['SLUICE_CFG_UNSUPPORTED']);
      });
    }
  }

  it('and so are http and members by name', async () => {
    const correct = config('', 'proxy');
    assert.deepEqual(await codes(`http: { listen: "127.0.0.1:9464" }\n${correct}`), [
      'SLUICE_CFG_UNSUPPORTED',
    ]);
    const named = config('', 'proxy', '{ address: web.example, resolve: 30s }');
    assert.deepEqual(await codes(named), ['SLUICE_CFG_UNSUPPORTED']);
  });
});

/** Every configuration that the texts show; those for plugins are relative to the plugins' folder. */
function examples(): { readonly from: string; readonly text: string }[] {
  const inPages = PAGES.flatMap((path) => literals(read(path)).map((text) => ({ from: path, text })));
  const inReadme = [...read('README.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => ({
    from: 'README.md',
    text,
  }));
  const files = ['config/example.yaml', 'config/full.yaml'].map((path) => ({ from: path, text: read(path) }));
  return [...inPages.filter(({ text }) => /^clusters:$/m.test(text)), ...inReadme, ...files];
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
