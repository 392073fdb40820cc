// SPDX-License-Identifier: MIT
/** The package as it is published, unpacked somewhere else: the bundle runs there, and is one copy of everything. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ControlClient } from '../../src/cli/client.js';
import type { Status } from '../../src/status.js';
import { VERSION } from '../../src/version.js';
import { succeed } from '../support/execute.js';
import { largeConfig } from '../support/large-config.js';
import { serveHttp } from '../support/servers.js';
import { tempDirectory } from '../support/temp-directory.js';
import { until } from '../support/until.js';

interface Loader {
  readonly hasBundle: () => boolean;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const directory = tempDirectory();
const installed = join(directory.path, 'lib/node_modules/sluice');
const program = join(installed, 'bin/sluice.js');
const bundle = join(installed, 'bundle');

before(async () => {
  const { hasBundle } = createRequire(import.meta.url)(join(ROOT, 'bin/load.js')) as Loader;
  if (!hasBundle()) await succeed(process.execPath, [join(ROOT, 'dist/build/bundle.js')]);
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory.path];
  const tarball = (await succeed('npm', pack, { cwd: ROOT })).trim();
  await succeed('tar', ['-xzf', tarball], { cwd: directory.path });
  const packages = dirname(installed);
  mkdirSync(packages, { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    symlinkSync(join(ROOT, 'node_modules', name), join(packages, name));
  }
  renameSync(join(directory.path, 'package'), installed);
  // What runs can only be the bundle then.
  rmSync(join(installed, 'dist'), { recursive: true });
});
after(() => directory[Symbol.dispose]());

function write(path: string, text: string): string {
  const file = join(directory.path, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function sluice(...args: readonly string[]): Promise<string> {
  return succeed(process.execPath, [program, ...args]);
}

function caches(): readonly string[] {
  return readdirSync(bundle).filter((name) => name.endsWith('.cache'));
}

/** Whether V8 took the compile cache. */
function isQuick(): Promise<string> {
  const loader = JSON.stringify(join(installed, 'bin/load.js'));
  const ask = `const { loadBundle, isQuick } = require(${loader}); loadBundle(); console.log(isQuick())`;
  return succeed(process.execPath, ['-e', ask]);
}

describe('the installed package', () => {
  it('runs from its bundle, by the compile cache that the Node.js it was built with made', async () => {
    assert.equal(await sluice('--version'), `${VERSION}\n`);
    const madeHere = caches().some((name) => name.includes(`-${process.version}-`));
    assert.equal(await isQuick(), `${madeHere}\n`);
  });

  it('reads a large configuration in a thread of its own', async () => {
    const file = write('large.yaml', `${largeConfig(400)}\n`);
    assert.match(await sluice('validate', file), /is valid/);
  });

  it('gives plugins the modules that it runs itself, whatever copy lies beside them', async () => {
    for (const path of ['index.js', 'kernel.js', 'testing.js']) {
      write(`site/node_modules/sluice/${path}`, 'throw new Error("a second copy of sluice");');
    }
    const exports = { '.': './index.js', './kernel': './kernel.js', './testing': './testing.js' };
    write(
      'site/node_modules/sluice/package.json',
      JSON.stringify({ name: 'sluice', type: 'module', exports }),
    );
    write(
      'site/own-check.mjs',
      `import { createRequire } from 'node:module';
       import * as sluice from 'sluice';
       import * as kernel from 'sluice/kernel';
       import * as testing from 'sluice/testing';
       const { modules } = createRequire(import.meta.url)(${JSON.stringify(join(installed, 'bin/load.js'))}).loadBundle();
       const pairs = [['index', sluice], ['kernel/index', kernel], ['testing', testing]];
       const same = pairs.flatMap(([path, given]) => {
         const running = modules['src/' + path + '.js']();
         return Object.keys(running).map((name) => given[name] === running[name]);
       });
       export default sluice.defineCheck({
         name: 'own',
         options: { type: 'object', additionalProperties: false, properties: {} },
         validate: () => [{ path: [], message: same.length + ' exports, all the same: ' + same.every(Boolean) }],
         create: () => ({ probe: () => ({ verdict: 'pass', reason: 'ok' }) }),
       });`,
    );
    const file = write(
      'site/sluice.yaml',
      `plugins: [./own-check.mjs]
clusters:
  shop:
    members: { a: 127.0.0.1 }
    services: { web: { backend: proxy, listen: 127.0.0.1:8080, check: { type: own } } }\n`,
    );
    await assert.rejects(sluice('validate', file), /: [1-9]\d+ exports, all the same: true/);
  });

  it('probes by what its checks load at need', async () => {
    const member = await serveHttp((_, response) => void response.end('ok'));
    const control = new ControlClient(join(directory.path, 'probing.sock'));
    const service = (nth: number, check: string): string =>
      `s${nth}: { backend: proxy, listen: 127.0.0.1:${8080 + nth}, port: ${member.port}, check: ${check} }`;
    const checks = [
      '{ type: tcp }',
      '{ type: tcp, handshake: full }',
      '{ type: http }',
      '{ type: http, reuse: true }',
    ];
    const file = write(
      'probing.yaml',
      `control: { socket: ${control.socketPath} }
state: { directory: ${directory.path}/probing }
clusters:
  shop:
    members: { a: 127.0.0.1 }
    services: { ${checks.map((check, nth) => service(nth, check)).join(', ')} }\n`,
    );
    const daemon = spawn(process.execPath, [program, 'run', '--dry-run', '-c', file], { stdio: 'ignore' });
    const exited = once(daemon, 'exit');
    try {
      await until(
        async () => {
          const { clusters } = await control.get<Status>('/v1/status');
          const endpoints = clusters.flatMap(({ services }) =>
            services.flatMap(({ endpoints }) => endpoints),
          );
          const waiting = endpoints.find(({ state }) => state !== 'up');
          if (waiting !== undefined) throw new Error(`${waiting.id} is ${waiting.state}: ${waiting.reason}`);
          return endpoints.length === checks.length;
        },
        { deadlineMs: 30_000, everyMs: 50, what: 'members that are up' },
      );
    } finally {
      daemon.kill('SIGTERM');
      await exited;
      await member.close();
    }
  });

  it('does the same without a cache, and a daemon keeps one for the next time', async () => {
    for (const name of caches()) rmSync(join(bundle, name));
    const file = write(
      'run.yaml',
      `control: { socket: ${directory.path}/control.sock }
state: { directory: ${directory.path}/state }
clusters:
  shop:
    members: { a: 127.0.0.1 }
    services: { web: { backend: proxy, listen: 127.0.0.1:8080, check: none } }\n`,
    );
    const daemon = spawn(process.execPath, [program, 'run', '--dry-run', '-c', file], { stdio: 'ignore' });
    const exited = once(daemon, 'exit');
    await until(() => caches().length > 0, { deadlineMs: 30_000, everyMs: 50, what: 'a cache' });
    daemon.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
    assert.equal(await isQuick(), 'true\n');
  });

  it('does the same with a cache that is spoilt', async () => {
    for (const name of caches()) writeFileSync(join(bundle, name), 'spoilt');
    assert.equal(await sluice('--version'), `${VERSION}\n`);
    assert.equal(await isQuick(), 'false\n');
  });
});
