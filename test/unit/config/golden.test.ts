// SPDX-License-Identifier: MIT
/**
 * Every `test/golden/config/NAME.yaml` gives exactly the text in `NAME.txt`. `UPDATE_GOLDEN=1` writes the texts
 * anew, to be read and judged by whoever changed something.
 */
import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { formatDiagnostics } from '../../../src/config/format-diagnostic.js';
import { loadConfig } from '../../../src/config/load.js';
import { goldenRegistry } from '../../support/fake-plugins.js';

const folder = resolve('test/golden/config');
const update = process.env['UPDATE_GOLDEN'] === '1';

describe('messages about configurations', async () => {
  const inputs = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  for (const input of inputs) {
    it(input.replace('.yaml', ''), async () => {
      const loaded = await loadConfig({ file: join(folder, input), registry: goldenRegistry() });
      const text = `${loaded.ok ? 'ok' : 'refused'}\n\n${formatDiagnostics(loaded.diagnostics)}`;
      const shown = text.replaceAll(`${folder}/`, '');
      const expected = join(folder, input.replace('.yaml', '.txt'));
      if (update) await writeFile(expected, shown);
      assert.equal(shown, await readFile(expected, 'utf8'));
    });
  }
});
