// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generatedFiles } from '../../docs/generated-files.js';
import { fillRegions, MARKDOWN_MARKS } from '../../docs/regions.js';
import { read, ROOT } from './repository.js';

describe('generated files', async () => {
  for (const { path, text } of await generatedFiles(ROOT)) {
    it(`${path} follows from the code`, () => {
      assert.equal(read(path), text, 'run npm run generate, and commit what it changes');
    });
  }
});

describe('regions', () => {
  const fill = (text: string): string => fillRegions('page', text, new Map([['a', 'new']]), MARKDOWN_MARKS);

  it('are replaced, and nothing else is', () => {
    const page = (inside: string): string =>
      `before\n<!-- generated: a -->\n${inside}<!-- end generated -->\nafter\n`;
    assert.equal(fill(page('old\nold\n')), page('new\n'));
    assert.equal(fill(page('')), page('new\n'));
  });

  it('that are missing, unknown, twice or open are errors', () => {
    const region = '<!-- generated: a -->\n<!-- end generated -->\n';
    assert.throws(() => fill('nothing'), /regions a are missing/);
    assert.throws(() => fill(`${region}<!-- generated: b -->\n<!-- end generated -->`), /nobody generates/);
    assert.throws(() => fill(`${region}${region}`), /there twice/);
    assert.throws(() => fill('<!-- generated: a -->\n'), /has no end/);
  });
});
