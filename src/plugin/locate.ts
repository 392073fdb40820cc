// SPDX-License-Identifier: MIT
/** Where a plugin's code is: exactly the file or package that the configuration names, nothing is searched for. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRecord } from '../is-record.js';

/** As ESM packages mean `import` of a module in Node.js; the first that a package lists counts. */
const CONDITIONS: ReadonlySet<string> = new Set(['node', 'import', 'module-sync', 'default']);
const PACKAGE = /^((?:@[a-z0-9~_.-]+\/)?[a-z0-9~_-][a-z0-9~_.-]*)(\/.+)?$/i;

/**
 * The real path of a plugin's file, or a sentence that says why there is none.
 * @param specifier a file (`./x.mjs`, `/etc/sluice/x.mjs`) or a package (`@acme/sluice-check-ldap`)
 * @param directory folder of the configuration file
 */
export async function locatePlugin(
  specifier: string,
  directory: string,
): Promise<{ readonly path: string } | { readonly problem: string }> {
  if (isFileSpecifier(specifier)) {
    const path = await realFile(resolve(directory, specifier));
    return path === null ? { problem: `there is no file ${resolve(directory, specifier)}` } : { path };
  }
  const [, name, subpath = ''] = PACKAGE.exec(specifier) ?? [];
  if (name === undefined) {
    return { problem: 'this is neither a file (they begin with ./ or /) nor the name of a package' };
  }
  for (const from of [directory, dirname(fileURLToPath(import.meta.url))]) {
    const folder = await packageFolder(name, from);
    if (folder === null) continue;
    const entry = await packageEntry(folder, `.${subpath}`);
    const path = entry === null ? null : await realFile(entry);
    return path === null ? { problem: `the package in ${folder} has no such entry point` } : { path };
  }
  const asFile = await realFile(resolve(directory, specifier));
  return {
    problem:
      asFile === null
        ? `no package ${name} is installed: run npm install ${name} in ${directory}`
        : `no package of that name is installed; if you mean the file, write ./${specifier}`,
  };
}

function isFileSpecifier(specifier: string): boolean {
  return specifier.startsWith('./') || specifier.startsWith('../') || isAbsolute(specifier);
}

async function realFile(path: string): Promise<string | null> {
  try {
    const real = await realpath(path);
    return (await stat(real)).isFile() ? real : null;
  } catch {
    return null;
  }
}

/** As Node.js looks for packages: node_modules of this folder and of each above it. */
async function packageFolder(name: string, from: string): Promise<string | null> {
  for (let at = from, below = ''; at !== below; below = at, at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if ((await realFile(join(folder, 'package.json'))) !== null) return folder;
  }
  return null;
}

async function packageEntry(folder: string, subpath: string): Promise<string | null> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  if (!isRecord(manifest)) return null;
  const { exports, main } = manifest;
  if (exports !== undefined && exports !== null) {
    const target = exportedTarget(exports, subpath);
    return target === null ? null : join(folder, target);
  }
  if (subpath !== '.') return join(folder, subpath);
  return join(folder, typeof main === 'string' ? main : 'index.js');
}

/** The `exports` field for exact subpaths: https://nodejs.org/api/packages.html#package-entry-points */
function exportedTarget(exports: unknown, subpath: string): string | null {
  const bySubpath = isRecord(exports) && Object.keys(exports).some((key) => key.startsWith('.'));
  if (bySubpath) return conditionalTarget(exports[subpath]);
  return subpath === '.' ? conditionalTarget(exports) : null;
}

function conditionalTarget(target: unknown): string | null {
  if (typeof target === 'string') return target.startsWith('./') ? target : null;
  if (!isRecord(target)) return null;
  for (const [condition, inner] of Object.entries(target)) {
    const found = CONDITIONS.has(condition) ? conditionalTarget(inner) : null;
    if (found !== null) return found;
  }
  return null;
}
