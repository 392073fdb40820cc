// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { satisfies } from '../../../src/plugin/semver-range.js';

const RANGES: Readonly<Record<string, { readonly in: readonly string[]; readonly out: readonly string[] }>> =
  {
    '*': { in: ['0.0.1', '9.9.9'], out: [] },
    '': { in: ['1.0.0'], out: [] },
    '1': { in: ['1.0.0', '1.9.9'], out: ['0.9.9', '2.0.0'] },
    '1.x': { in: ['1.0.0', '1.9.9'], out: ['2.0.0'] },
    '1.2': { in: ['1.2.0', '1.2.9'], out: ['1.3.0', '1.1.9'] },
    '1.2.3': { in: ['1.2.3'], out: ['1.2.4', '1.2.2'] },
    '^1.2.3': { in: ['1.2.3', '1.9.0'], out: ['1.2.2', '2.0.0'] },
    '^1': { in: ['1.0.0', '1.9.0'], out: ['2.0.0'] },
    '^0.1.2': { in: ['0.1.2', '0.1.9'], out: ['0.1.1', '0.2.0', '1.0.0'] },
    '^0.0.3': { in: ['0.0.3'], out: ['0.0.4', '0.0.2'] },
    '^0.0': { in: ['0.0.0', '0.0.9'], out: ['0.1.0'] },
    '^0': { in: ['0.0.0', '0.9.0'], out: ['1.0.0'] },
    '^0.x': { in: ['0.0.0', '0.9.0'], out: ['1.0.0'] },
    '~1.2.3': { in: ['1.2.3', '1.2.9'], out: ['1.3.0', '1.2.2'] },
    '~1': { in: ['1.0.0', '1.9.0'], out: ['2.0.0'] },
    '>=1.2 <3': { in: ['1.2.0', '2.9.9'], out: ['1.1.9', '3.0.0'] },
    '>= 1.2.0 < 1.4': { in: ['1.3.9'], out: ['1.4.0'] },
    '>1.2': { in: ['1.3.0'], out: ['1.2.9'] },
    '<=1.2': { in: ['1.2.9', '0.1.0'], out: ['1.3.0'] },
    '1.2 - 1.4': { in: ['1.2.0', '1.4.9'], out: ['1.5.0', '1.1.9'] },
    '^1.2 || ^2.1': { in: ['1.3.0', '2.1.0'], out: ['2.0.0', '3.0.0'] },
    '1.2.3-beta.1': { in: ['1.2.3', '1.2.3-rc.2'], out: ['1.2.4'] },
  };

for (const [range, versions] of Object.entries(RANGES)) {
  it(`range "${range}"`, () => {
    for (const version of versions.in) assert.equal(satisfies(version, range), true, `${version} is in`);
    for (const version of versions.out) assert.equal(satisfies(version, range), false, `${version} is out`);
  });
}

for (const range of ['latest', 'workspace:*', 'file:../sluice', '^one', '1.2.3.4', '>>1']) {
  it(`"${range}" is no range`, () => assert.equal(satisfies('1.0.0', range), undefined));
}
