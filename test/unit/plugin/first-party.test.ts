// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { FIRST_PARTY } from '../../../src/plugin/first-party.js';
import { createPluginRegistry, pluginId } from '../../../src/plugin/plugin-registry.js';

describe('the plugins that come with sluice', () => {
  for (const listed of FIRST_PARTY) {
    it(`${pluginId(listed)} loads under its name`, async () => {
      const plugin = await createPluginRegistry().get(listed.kind, listed.name);
      assert.ok(plugin !== undefined);
      assert.equal(pluginId(plugin), pluginId(listed));
      assert.ok(plugin.description, 'says in a line what it does');
    });
  }

  it('are all on the list', async () => {
    const folders = await readdir(new URL('../../../plugins/', import.meta.url), { withFileTypes: true });
    const named = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const listed = new Set(FIRST_PARTY.map(({ kind, name }) => `${kind}-${name}`));
    const kinds = /^(check|watch|backend|role|extension)-/;
    assert.deepEqual(
      named.filter((name) => kinds.test(name) && !listed.has(name)),
      [],
    );
  });
});
