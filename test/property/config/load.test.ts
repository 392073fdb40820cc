// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDiagnostics } from '../../../src/config/format-diagnostic.js';
import { loadConfig } from '../../../src/config/load.js';
import { goldenRegistry } from '../../support/fake-plugins.js';

const scrap = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\n',
    ':',
    '-',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '&a ',
    '*a',
    '#',
    '|',
    '!t ',
    '~',
    '%',
    '\t',
    ',',
  ),
  fc.constantFrom(
    'clusters',
    'members: ',
    'check',
    'none',
    'type: http',
    '7',
    '10.0.0.1',
    '::1',
    'true',
    '<<: ',
  ),
  fc.string({ maxLength: 3 }),
);
const edit = fc.record({ at: fc.nat(), remove: fc.nat({ max: 12 }), insert: scrap });

describe('any text', () => {
  it('is a configuration, or gives errors whose places are in it', async () => {
    const names = [
      'correct',
      'fault-behind-an-alias',
      'plugin-options',
      'overlapping-listens',
      'watches',
      'min-up',
    ];
    const texts = await Promise.all(names.map((name) => readFile(`test/golden/config/${name}.yaml`, 'utf8')));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...texts),
        fc.array(edit, { maxLength: 4 }),
        async (original, edits) => {
          let text = original;
          for (const { at, remove, insert } of edits) {
            const start = at % (text.length + 1);
            text = text.slice(0, start) + insert + text.slice(start + remove);
          }
          const loaded = await loadConfig({ file: 'any.yaml', text, registry: goldenRegistry() });
          const errors = loaded.diagnostics.filter(({ severity }) => severity === 'error');
          assert.equal(errors.length === 0, loaded.ok);
          const lines = text.replace(/^\uFEFF/, '').split('\n');
          for (const { place } of loaded.diagnostics) {
            assert.ok(place !== undefined);
            const line = lines[place.line - 1] ?? '';
            assert.equal(place.source, line.replace(/\r$/, ''));
            assert.ok(place.column >= 1 && place.column <= line.length + 1 && place.length >= 1);
          }
          formatDiagnostics(loaded.diagnostics);
        },
      ),
      { numRuns: 300 },
    );
  });
});
