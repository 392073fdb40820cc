// SPDX-License-Identifier: MIT
/** What the texts of the repository point at is there, and what is published is what users need. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { VERSION } from '../../src/version.js';
import { tempDirectory } from '../support/temp-directory.js';
import { PAGES, read, ROOT } from './repository.js';

const texts = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
const decisions = readdirSync(join(ROOT, 'docs/adr')).map((name) => `docs/adr/${name}`);

describe('texts', () => {
  for (const path of [...texts, ...decisions]) {
    it(`${path} links to what is there`, () => {
      for (const [, target = ''] of read(path).matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
        if (/^https?:/.test(target)) continue;
        const from = path.startsWith('docs/') ? join(ROOT, 'docs/adr') : ROOT;
        assert.ok(existsSync(join(from, target)), `${path} links to ${target}`);
      }
    });
  }

  it('ARCHITECTURE.md and the decisions name files that are there', () => {
    for (const path of ['ARCHITECTURE.md', ...decisions]) {
      for (const [, name = ''] of read(path).matchAll(
        /`((?:src|plugins|test|docs|man|config|bin|bench)(?:\/[^`*]*)?)`/g,
      )) {
        assert.ok(existsSync(join(ROOT, name)), `${path} names ${name}`);
      }
    }
  });

  it('ARCHITECTURE.md names the folder of every room of src', () => {
    const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    for (const { name } of rooms) assert.ok(read('ARCHITECTURE.md').includes(`src/${name}`), name);
  });

  it('a decision fits a page', () => {
    for (const path of decisions) assert.ok(read(path).split('\n').length <= 60, path);
  });
});

interface Packed {
  readonly files: readonly { readonly path: string }[];
}

describe('the package', () => {
  it('holds the program, the plugins, the pages and the configuration, and no tests', () => {
    const pack = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.equal(pack.status, 0, pack.stderr);
    const [packed] = JSON.parse(pack.stdout) as readonly Packed[];
    const files = (packed?.files ?? []).map(({ path }) => path);
    const manifest = JSON.parse(read('package.json')) as {
      readonly bin: Readonly<Record<string, string>>;
      readonly man: readonly string[];
      readonly exports: Readonly<Record<string, string>>;
    };
    const wanted = [
      ...Object.values(manifest.bin),
      ...manifest.man,
      ...Object.values(manifest.exports).map((path) => path.slice(2)),
      'dist/plugins/check-http/index.js',
      'dist/src/index.d.ts',
      'config/sluice.service',
      'config/sluice.schema.json',
      'LICENSE',
      'README.md',
    ];
    for (const path of wanted) assert.ok(files.includes(path), `${path} is not in the package`);
    assert.deepEqual(
      files.filter((path) => /(^|\/)(test|bench|docs|node_modules)\//.test(path)),
      [],
    );
  });

  it('brings its program and its manual when it is installed', () => {
    using prefix = tempDirectory();
    const options = [
      '--global',
      '--offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefix',
      prefix.path,
    ];
    const install = spawnSync('npm', ['install', ...options, ROOT], { cwd: prefix.path, encoding: 'utf8' });
    assert.equal(install.status, 0, install.stderr);
    const program = spawnSync(join(prefix.path, 'bin/sluice'), ['--version'], { encoding: 'utf8' });
    assert.equal(program.stdout, `${VERSION}\n`);
    for (const page of PAGES) {
      const section = page.slice(page.lastIndexOf('.') + 1);
      const installed = join(prefix.path, 'share/man', `man${section}`, basename(page));
      assert.equal(readFileSync(installed, 'utf8'), read(page));
    }
  });

  it('announces every manual page', () => {
    const { man } = JSON.parse(read('package.json')) as { readonly man: readonly string[] };
    assert.deepEqual([...man].toSorted(), [...PAGES].toSorted());
  });
});
