// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { needs } from '../needs.js';
import { PAGES, ROOT } from './repository.js';

describe('manual pages', needs('mandoc'), () => {
  for (const path of PAGES) {
    it(`${path} is clean`, () => {
      const lint = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', path], {
        cwd: ROOT,
        encoding: 'utf8',
      });
      assert.equal(lint.stdout + lint.stderr, '');
      assert.equal(lint.status, 0);
    });
  }
});
