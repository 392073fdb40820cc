// SPDX-License-Identifier: MIT
/**
 * Makes `bundle/` of what tsc wrote to `dist/`: the whole program as one script, which bin/load.js runs; V8's
 * compile cache for it; and a module under the path of each that is asked for by path, the public ones and the
 * bodies of threads. Those lead into the script, so that there is one copy of everything.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { licenses } from './licenses.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const dist = join(root, 'dist');
const bundle = join(root, 'bundle');

const publicModules = ['src/index.js', 'src/kernel/index.js', 'src/testing.js'];
const threads = ['src', 'plugins'].flatMap((room) =>
  readdirSync(join(dist, room), { recursive: true, encoding: 'utf8' })
    .map((path) => `${room}/${path}`)
    .filter((path) => path.endsWith('.js') && isThread(readFileSync(join(dist, path), 'utf8'))),
);

/** Nothing but the body of a thread asks what it was started with. */
function isThread(text: string): boolean {
  return /^import \{[^}]*\b(?:parentPort|workerData)\b[^}]*\} from 'node:worker_threads'/m.test(text);
}

/** The program, and by path the modules that are loaded when somebody asks for them. */
const entry = `
export { main } from './src/main.js';
export const modules = {
  ${[...publicModules, ...threads].map((path) => `${JSON.stringify(path)}: () => require('./${path}')`).join(',\n')}
};
`;

/**
 * Each module finds what lies beside it as if it lay in `bundle/` as it does in `dist/`. A script that V8's cache is
 * made for may not import by itself: what isn't part of it, it imports through bin/load.js; `sluice` is part of it.
 */
const asScript: Plugin = {
  name: 'as a script',
  setup(esbuild) {
    esbuild.onLoad({ filter: /\.js$/ }, ({ path }) => {
      const place = relative(dist, path);
      if (place.startsWith('..')) return undefined;
      const text = readFileSync(path, 'utf8');
      const contents = text
        .replaceAll('import.meta.url', `__place(${JSON.stringify(place)})`)
        .replaceAll(/\bimport\((?!'(?:\.|sluice\b))/g, '__import(');
      return { contents };
    });
  },
};

/** Commander spawns nothing here: there are no commands that are programs of their own. */
const noChildren: Plugin = {
  name: 'no children',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/node_modules/commander/') ? { path: 'nothing', namespace: 'nothing' } : undefined,
    );
    esbuild.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: '' }));
  },
};

const result = await build({
  stdin: { contents: entry, resolveDir: dist },
  absWorkingDir: root,
  outfile: join(bundle, 'sluice.js'),
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  alias: {
    'sluice/kernel': join(dist, 'src/kernel/index.js'),
    'sluice/testing': join(dist, 'src/testing.js'),
    sluice: join(dist, 'src/index.js'),
  },
  // Native code, and what only some configurations need, stay packages.
  external: ['koffi', 'undici'],
  banner: {
    js: `(function (module, require, __import, __filename) {
const __place = (path) => require('node:url').pathToFileURL(require('node:path').join(__filename, '..', path)).href;`,
  },
  footer: { js: '})' },
  plugins: [asScript, noChildren],
  metafile: true,
  write: false,
  logLevel: 'warning',
});

rmSync(bundle, { recursive: true, force: true });
const text = result.outputFiles.map((file) => file.text).join('');
write('sluice.js', `// ${createHash('sha256').update(text).digest('hex').slice(0, 16)}\n${text}`);
write('LICENSES', licenses(root, Object.keys(result.metafile.inputs)));
for (const path of publicModules) {
  const names = Object.keys((await import(join(dist, path))) as object);
  write(path, `${fromBundle(path)}export const { ${names.join(', ')} } = own;\n`);
}
for (const path of threads) write(path, fromBundle(path));
execFileSync(process.execPath, [join(dist, 'build/warm-up.js')], { stdio: ['ignore', 'ignore', 'inherit'] });

function fromBundle(path: string): string {
  const loader = relative(dirname(join(bundle, path)), join(root, 'bin/load.js'));
  return `import { createRequire } from 'node:module';
const { loadBundle } = createRequire(import.meta.url)('${loader}');
const own = loadBundle().modules['${path}']();
`;
}

function write(path: string, contents: string): void {
  const file = join(bundle, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, contents);
}
