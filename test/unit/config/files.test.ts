// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { defaultSocket, defaultStateDirectory, readSurroundings } from '../../../src/config/default-paths.js';
import { expandGlob } from '../../../src/config/glob.js';
import { type Loaded, loadConfig } from '../../../src/config/load.js';
import { goldenRegistry } from '../../support/fake-plugins.js';
import { largeConfig } from '../../support/large-config.js';

let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-config-'));
});

after(async () => {
  await rm(folder, { recursive: true });
});

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  return path;
}

function load(file: string, text?: string): Promise<Loaded> {
  return loadConfig({ file, ...(text === undefined ? {} : { text }), registry: goldenRegistry() });
}

function cluster(name: string, nth: number): string {
  return `  ${name}:\n    members: { a: 10.0.0.11 }\n    services: { web: { listen: "192.0.2.${nth}:80" } }\n`;
}

describe('the main file', () => {
  it('that cannot be read is one error without a place', async () => {
    const missing = await load(join(folder, 'missing.yaml'));
    assert.deepEqual(missing.diagnostics, [
      {
        severity: 'error',
        code: 'SLUICE_CFG_READ',
        message: `cannot read ${join(folder, 'missing.yaml')}: there is no such file`,
      },
    ]);
    const [directory] = (await load(folder)).diagnostics;
    assert.match(directory?.message ?? '', /it is a folder$/);
  });

  it('is shown as it was named', async () => {
    const path = await write('bad.yaml', 'log: 1\n');
    const named = relative(process.cwd(), path);
    assert.equal((await load(named)).diagnostics[0]?.place?.file, named);
    assert.equal((await load(path)).diagnostics[0]?.place?.file, path);
  });

  it('may be replaced by a text, and relative paths still start at its folder', async () => {
    await write('more/one.yaml', `clusters:\n${cluster('one', 1)}`);
    const loaded = await load(
      join(folder, 'main.yaml'),
      'include: [more/one.yaml]\ncontrol: { socket: s }\n',
    );
    assert.ok(loaded.ok);
    assert.equal(loaded.config.control.socket, join(folder, 's'));
    assert.deepEqual(loaded.config.files, [join(folder, 'main.yaml'), join(folder, 'more/one.yaml')]);
  });
});

describe('included files', () => {
  it('come in the order of their names, without hidden ones', async () => {
    await write('conf.d/b.yaml', `clusters:\n${cluster('b', 2)}`);
    await write('conf.d/a.yaml', `clusters:\n${cluster('a', 3)}`);
    await write('conf.d/.hidden.yaml', 'nonsense: true\n');
    await write('conf.d/nested/c.yaml', `clusters:\n${cluster('c', 4)}`);
    const loaded = await load(
      join(folder, 'm.yaml'),
      `include: [conf.d/*.yaml, "conf.?/*/*"]\nclusters:\n${cluster('main', 1)}`,
    );
    assert.ok(loaded.ok, JSON.stringify(loaded.diagnostics));
    assert.deepEqual(
      loaded.config.clusters.map(({ name }) => name),
      ['main', 'a', 'b', 'c'],
    );
    assert.equal(loaded.locate(['clusters', 'c', 'members'])?.file, join(folder, 'conf.d/nested/c.yaml'));
  });

  it('that are large are read in a worker, with third-party plugins and all', async () => {
    await write('large/services.yaml', `clusters:\n${largeConfig(400).split('clusters:\n')[1] ?? ''}`);
    const ldap =
      'defaults: { check: { type: http } }\nplugins: [./ldap.mjs]\ninclude: [large/*.yaml]\nclusters:\n';
    const own = (check: string): string =>
      `  own: { members: { a: 10.9.9.9 }, services: { ldap: { listen: "192.0.2.9:389", check: ${check} } } }\n`;
    const loaded = await load(join(folder, 'm.yaml'), `${ldap}${own('{ type: ldap, base: "dc=example" }')}`);
    assert.ok(loaded.ok, JSON.stringify(loaded.diagnostics));
    assert.equal(loaded.config.clusters.length, 401);
    const wrong = await load(join(folder, 'm.yaml'), `${ldap}${own('{ type: ldpa }')}`);
    assert.deepEqual(
      wrong.diagnostics.map(({ message, hint }) => [message, hint]),
      [['there is no check of type "ldpa"', 'did you mean `ldap`?']],
    );
  });

  it('may be none', async () => {
    await mkdir(join(folder, 'empty.d'));
    assert.deepEqual(await expandGlob('empty.d/*.yaml', folder), []);
    assert.deepEqual(await expandGlob(`${folder}/conf.d/[ab].yaml`, '/'), [`${folder}/conf.d/[ab].yaml`]);
    assert.deepEqual(await expandGlob(`${folder}/conf.d/?.yaml`, '/'), [
      `${folder}/conf.d/a.yaml`,
      `${folder}/conf.d/b.yaml`,
    ]);
    assert.deepEqual(await expandGlob('./conf.d/.h*', folder), [`${folder}/conf.d/.hidden.yaml`]);
  });

  it(
    'that may not be read say so',
    { skip: process.getuid?.() === 0 ? 'root may read everything' : false },
    async () => {
      const path = await write('secret.yaml', 'clusters: {}\n');
      await chmod(path, 0);
      const [first] = (await load(path)).diagnostics;
      assert.match(first?.message ?? '', /permission denied$/);
    },
  );
});

describe('the places where the daemon keeps its things', () => {
  it('are the system for root, and their own for everybody else', () => {
    const root = { root: true, runtimeDirectory: '/run/user/0' };
    const user = { root: false, runtimeDirectory: '/run/user/1000' };
    assert.equal(defaultSocket(root), '/run/sluice/control.sock');
    assert.equal(defaultSocket(user), '/run/user/1000/sluice/control.sock');
    assert.equal(defaultStateDirectory(root, '/x/control.sock'), '/var/lib/sluice');
    assert.equal(defaultStateDirectory(user, '/x/control.sock'), '/x/state');
    assert.equal(readSurroundings().root, process.getuid?.() === 0);
  });
});
