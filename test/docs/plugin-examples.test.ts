// SPDX-License-Identifier: MIT
/** The plugins that the documentation writes from nothing work as they stand. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import banner from '../../docs/examples/banner-check.js';
import { validateConfig } from '../../src/runtime/validate.js';
import { createPluginRegistry } from '../../src/plugin/plugin-registry.js';
import { testBackend, testCheck } from '../../src/testing.js';
import { refusing, serveTcp } from '../support/servers.js';
import { tempDirectory } from '../support/temp-directory.js';
import { ROOT } from './repository.js';

const examples = join(ROOT, 'docs/examples');
const directory = tempDirectory();
const registry = createPluginRegistry();
for (const name of ['redis-check.mjs', 'file-backend.mjs', 'quiet-hours.mjs']) {
  await registry.add(`./${name}`, examples);
}
after(() => directory[Symbol.dispose]());

const options = { word: 'ready' };
testCheck(banner, [
  {
    name: 'the word',
    options,
    serve: () => serveTcp((socket) => void socket.write('I am ready\n')),
    expect: 'pass',
  },
  {
    name: 'another word',
    options,
    serve: () => serveTcp((socket) => void socket.write('no\n')),
    expect: 'mismatch',
  },
  { name: 'a closed port', options, serve: () => refusing(), expect: 'refused' },
  { name: 'silence', options, serve: () => serveTcp(() => {}), expect: 'hangs' },
]);

const file = await registry.get('backend', 'file');
assert.ok(file !== undefined);
const path = join(directory.path, 'members.json');
testBackend(file, {
  options: { path },
  outlivesInstance: true,
  frontend: (index, family, protocol) => {
    const address = family === 4 ? `192.0.2.${10 + index}` : `2001:db8::${10 + index}`;
    return { kind: 'address', family, address, protocol, port: 80, portLast: 80 };
  },
  member: (index, family) => ({
    address: family === 4 ? `10.0.0.${1 + index}` : `2001:db8:1::${1 + index}`,
    port: 8080,
  }),
  inspect: () => Promise.resolve(existsSync(path) ? readFileSync(path, 'utf8') : 'nothing'),
});

describe('the examples of sluice-plugins(7)', () => {
  it('pass the tests that the page writes for the check', () => {
    const { NODE_TEST_CONTEXT: _ours, ...env } = process.env;
    const test = join(examples, 'redis-check.test.mjs');
    const { status, stdout } = spawnSync(process.execPath, ['--test', test], { env, encoding: 'utf8' });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^# pass 11$|^ℹ pass 11$/m);
  });

  it('are created by a configuration that names them', async () => {
    const text = `
      plugins: [./redis-check.mjs, ./quiet-hours.mjs]
      defaults: { backend: proxy }
      clusters:
        cache:
          members: { a: 127.0.0.1 }
          services: { redis: { listen: "127.0.0.1:6379", check: { type: redis, password: secret } } }
    `;
    const { ok, diagnostics } = await validateConfig(join(examples, 'sluice.yaml'), text);
    assert.deepEqual(diagnostics, []);
    assert.ok(ok);
  });
});
