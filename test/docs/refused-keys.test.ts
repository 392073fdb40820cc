// SPDX-License-Identifier: MIT
/** What sluice.yaml(5) says is refused by name is refused, on every backend. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstPartyPlugins } from '../../docs/generated-files.js';
import { loadConfig } from '../../src/config/load.js';
import { createPluginRegistry } from '../../src/plugin/plugin-registry.js';
import { section } from './mdoc-reader.js';
import { read } from './repository.js';

const page = read('man/sluice.yaml.5');

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
