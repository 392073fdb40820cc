// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Compares with `test/golden/cli/NAME`; with `UPDATE_GOLDEN=1` writes it anew instead. */
export function matchesGolden(name: string, text: string): void {
  const file = new URL(`../../../test/golden/cli/${name}`, import.meta.url);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  assert.ok(existsSync(file), `${name} is missing; run with UPDATE_GOLDEN=1 and read what it writes`);
  assert.equal(text, readFileSync(file, 'utf8'));
}
