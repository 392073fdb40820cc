// SPDX-License-Identifier: MIT
/** The traps of YAML that sluice.yaml(5) tells of are traps, and nobody falls into them unseen. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { createPluginRegistry } from '../../src/plugin/plugin-registry.js';
import { section } from './mdoc-reader.js';
import { read } from './repository.js';

const page = read('man/sluice.yaml.5');

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
