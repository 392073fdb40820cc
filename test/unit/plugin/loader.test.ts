// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SluiceError } from '../../../src/errors.js';
import { defineCheck } from '../../../src/plugin/define.js';
import { loadPlugin } from '../../../src/plugin/loader.js';
import { createPluginRegistry } from '../../../src/plugin/plugin-registry.js';
import { othersMayWrite } from '../../../src/plugin/trusted-file.js';

const CHECK = (name: string): string => `
import { defineCheck, frontendKey } from 'sluice';
if (typeof frontendKey !== 'function') throw new Error('half a sluice');
export default defineCheck({
  name: '${name}',
  options: { type: 'object', properties: {}, additionalProperties: false },
  create: () => ({ probe: async () => ({ verdict: 'pass', reason: 'always' }) }),
});`;

let folder = '';
before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'sluice-loader-')));
});
after(async () => rm(folder, { recursive: true }));

async function write(path: string, text: string): Promise<string> {
  const full = join(folder, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, text);
  return full;
}

async function refusal(specifier: string, directory = folder): Promise<string> {
  try {
    await loadPlugin(specifier, directory);
  } catch (error) {
    assert.ok(error instanceof SluiceError);
    assert.equal(error.code, 'SLUICE_CFG_PLUGIN');
    return error.message.replaceAll(folder, '~');
  }
  return assert.fail('it was loaded');
}

describe('a plugin in one file', () => {
  it('is found beside the configuration and imports the running sluice, installed nowhere near', async () => {
    await write('plain.mjs', CHECK('plain'));
    const plugin = await loadPlugin('./plain.mjs', folder);
    assert.equal(plugin.name, 'plain');
    assert.equal(await loadPlugin(join(folder, 'plain.mjs'), '/'), plugin, 'the same module');
  });

  it('that is not there is named in full', async () => {
    assert.equal(
      await refusal('./gone.mjs'),
      'plugin ./gone.mjs cannot be used: there is no file ~/gone.mjs',
    );
    await write('bare.mjs', CHECK('bare'));
    assert.match(await refusal('bare.mjs'), /if you mean the file, write \.\/bare\.mjs$/);
    assert.match(await refusal('what is this'), /neither a file .* nor the name of a package$/);
  });

  it('that failed to load is tried afresh once it was mended', async () => {
    await write('mended.mjs', 'throw new Error("half done")');
    assert.match(await refusal('./mended.mjs'), /~\/mended\.mjs fails to load: half done$/);
    await write('mended.mjs', CHECK('mended'));
    assert.equal((await loadPlugin('./mended.mjs', folder)).name, 'mended');
  });

  const SHAPES: Readonly<Record<string, readonly [source: string, problem: RegExp]>> = {
    none: ['export const x = 1;', /it has no default export/],
    number: ['export default 1;', /its default export is no plugin/],
    kind: ['export default { kind: "chek", name: "x" };', /is no plugin \(kind "chek"\)/],
    name: ['export default { kind: "check", name: "a b" };', /its name "a b" is not made of/],
    api: [
      'export default { kind: "check", name: "x", apiVersion: 2 };',
      /it is written for version 2 of the plugin API, and this sluice has version 1$/,
    ],
    options: ['export default { kind: "check", name: "x", apiVersion: 1 };', /its options are missing/],
    create: [
      'export default { kind: "check", name: "x", apiVersion: 1, options: { type: "object", properties: {}, additionalProperties: false } };',
      /it has no function create/,
    ],
    backend: [
      'export default { kind: "backend", name: "x", apiVersion: 1, create() {}, capabilities: { atomic: "all" }, options: { type: "object", properties: {}, additionalProperties: false } };',
      /its capability families is missing instead of a list$/,
    ],
  };
  for (const [name, [source, problem]] of Object.entries(SHAPES)) {
    it(`of another shape is refused (${name})`, async () => {
      await write(`shape-${name}.mjs`, source);
      const message = await refusal(`./shape-${name}.mjs`);
      assert.match(message, problem);
      assert.ok(message.includes(`~/shape-${name}.mjs`), 'names the file');
    });
  }
});

describe('a plugin in a package', () => {
  const manifest = (fields: object): string => JSON.stringify({ name: 'x', type: 'module', ...fields });

  it('is found in node_modules of the configuration’s folder or above, by its exports', async () => {
    await write('node_modules/@acme/ldap/package.json', manifest({ exports: { import: './lib/main.js' } }));
    await write('node_modules/@acme/ldap/lib/main.js', CHECK('ldap'));
    await mkdir(join(folder, 'conf.d'));
    assert.equal((await loadPlugin('@acme/ldap', join(folder, 'conf.d'))).name, 'ldap');
    await write(
      'node_modules/several/package.json',
      manifest({ exports: { '.': { types: './x.d.ts', node: { default: './a.js' } }, './b': './b.js' } }),
    );
    await write('node_modules/several/a.js', CHECK('several-a'));
    await write('node_modules/several/b.js', CHECK('several-b'));
    assert.equal((await loadPlugin('several', folder)).name, 'several-a');
    assert.equal((await loadPlugin('several/b', folder)).name, 'several-b');
    assert.match(await refusal('several/c'), /has no such entry point$/);
    assert.match(await refusal('missing'), /no package missing is installed: run npm install missing in ~$/);
  });

  it('may be linked, and is asked for the sluice it wants', async () => {
    await write('work/wants/package.json', manifest({ main: 'x.js', peerDependencies: { sluice: '^97.1' } }));
    await write('work/wants/x.js', CHECK('wants'));
    await symlink(join(folder, 'work/wants'), join(folder, 'node_modules/wants'));
    assert.match(await refusal('wants'), /: it needs sluice \^97\.1, and this is sluice \d+\.\d+\.\d+$/);
    await write(
      'work/wants/package.json',
      manifest({ main: 'x.js', peerDependencies: { sluice: 'newest' } }),
    );
    assert.match(await refusal('wants'), /asks for sluice "newest", which is not a range/);
    await write('work/wants/package.json', manifest({ main: 'x.js', peerDependencies: { sluice: '>=0.1' } }));
    assert.equal((await loadPlugin('wants', folder)).name, 'wants');
  });
});

describe('a file that root runs', { skip: process.geteuid?.() !== 0 && 'needs root' }, () => {
  it('must be writable by root alone, and so must each folder above it', async () => {
    const path = await write('trust/inner/x.mjs', CHECK('trust'));
    const inner = dirname(path);
    assert.equal(await othersMayWrite(path), null);
    await chmod(path, 0o646);
    assert.match(await refusal('./trust/inner/x.mjs'), /x\.mjs is writable by everybody, .* \(chmod o-w /);
    await chmod(path, 0o644);
    await chmod(inner, 0o777);
    assert.match(await refusal('./trust/inner/x.mjs'), /inner is writable by everybody/);
    await chmod(inner, 0o1777);
    assert.equal(await othersMayWrite(path), null, 'the sticky bit keeps others from replacing it');
    await chmod(inner, 0o775);
    assert.equal(await othersMayWrite(path), null, 'group root');
    await chown(inner, 0, 4);
    assert.match(await refusal('./trust/inner/x.mjs'), /inner is writable by group 4/);
    await chmod(inner, 0o755);
    assert.equal(await othersMayWrite(path), null);
    await chown(path, 4, 0);
    assert.match(await refusal('./trust/inner/x.mjs'), /x\.mjs belongs to user 4/);
  });
});

describe('the registry', () => {
  const options = { type: 'object', properties: {}, additionalProperties: false } as const;

  it('loads its own when asked, and refuses a second of the same name', async () => {
    const own = await write('own.mjs', CHECK('tcp'));
    const registry = createPluginRegistry([{ kind: 'check', name: 'tcp', path: own }]);
    assert.deepEqual(registry.names('check'), ['tcp']);
    assert.deepEqual(registry.loaded(), []);
    assert.equal((await registry.get('check', 'tcp'))?.name, 'tcp');
    assert.equal(await registry.get('backend', 'tcp'), undefined);
    assert.equal(await registry.get('check', 'udp'), undefined);
    assert.deepEqual(
      registry.loaded().map(({ origin }) => origin),
      ['sluice'],
    );
    await write('clash.mjs', CHECK('tcp'));
    await assert.rejects(
      registry.add('./clash.mjs', folder),
      /it is named check\/tcp, and sluice has one of its own/,
    );
  });

  it('knows what the configuration adds', async () => {
    const registry = createPluginRegistry([]);
    await write('one.mjs', CHECK('extra'));
    await write('two.mjs', CHECK('extra'));
    const plugin = await registry.add('./one.mjs', folder);
    assert.deepEqual(registry.names('check'), ['extra']);
    assert.equal(await registry.get('check', 'extra'), plugin);
    assert.deepEqual(registry.loaded(), [{ plugin, origin: './one.mjs' }]);
    await assert.rejects(registry.add('./two.mjs', folder), /check\/extra, and \.\/one\.mjs is one, too/);
  });

  it('takes whatever the define functions make', async () => {
    const plugin = defineCheck({
      name: 'x',
      options,
      create: () => ({ probe: () => assert.fail('not here') }),
    });
    assert.deepEqual([plugin.kind, plugin.apiVersion], ['check', 1]);
  });
});
