// SPDX-License-Identifier: MIT
/** The nft text of changes, and of the table itself. `UPDATE_GOLDEN=1` writes the files afresh: review them. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { renderChangeSet } from '../../plugins/backend-nftables/render.js';
import { skeletonText } from '../../plugins/backend-nftables/skeleton.js';
import { changeSet } from '../support/nftables.js';
import { renderCases } from '../support/nftables-cases.js';

const folder = new URL('../../../test/golden/nftables/', import.meta.url);
const update = process.env['UPDATE_GOLDEN'] === '1';

function matchesGolden(name: string, text: string): void {
  const file = new URL(`${name}.nft`, folder);
  if (update) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
  }
  assert.equal(text, readFileSync(file, 'utf8'));
}

describe('nftables in nft’s language', () => {
  for (const { name, before, after } of renderCases) {
    it(name, () => matchesGolden(name, renderChangeSet('sluice', changeSet(before, after))));
  }

  it('the table', () => {
    matchesGolden('table', skeletonText('sluice', 'timed', 0));
    matchesGolden('table-untimed', skeletonText('sluice', 'untimed', 0));
  });

  it('has no golden file that nothing makes', () => {
    const names = [...renderCases.map(({ name }) => name), 'table', 'table-untimed'].map(
      (name) => `${name}.nft`,
    );
    assert.deepEqual(readdirSync(folder).toSorted(), names.toSorted());
  });
});
