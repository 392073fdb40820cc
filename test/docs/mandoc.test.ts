// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { needs } from '../needs.js';
import { PAGES, read, ROOT } from './repository.js';

describe('quotes in manual pages', () => {
  for (const path of PAGES) {
    it(`of ${path} hold an argument together, and are not lost`, () => {
      for (const line of read(path).split('\n')) {
        if (!line.startsWith('.') || line.startsWith('.\\"')) continue;
        assert.ok(!line.replaceAll(/ "[^"]*"(?= |$)/g, '').includes('"'), `write \\(dq in: ${line}`);
      }
    });
  }
});

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
