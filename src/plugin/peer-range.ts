// SPDX-License-Identifier: MIT
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VERSION } from '../version.js';
import { satisfies } from './semver-range.js';

/**
 * Whether the package that a plugin's file belongs to wants another sluice than this one, by its
 * `peerDependencies`: a sentence that names both versions; null: no.
 */
export async function peerProblem(path: string, version: string = VERSION): Promise<string | null> {
  const manifest = await nearestManifest(dirname(path));
  if (manifest === null) return null;
  const range = peerRange(manifest.text);
  if (range === undefined) return null;
  if (range === null) return `${manifest.path} cannot be understood: it is not valid JSON`;
  const satisfied = satisfies(version, range);
  if (satisfied === true) return null;
  return satisfied === false
    ? `it needs sluice ${range}, and this is sluice ${version}`
    : `${manifest.path} asks for sluice ${JSON.stringify(range)}, which is not a range of versions such as ^1.2`;
}

async function nearestManifest(folder: string): Promise<{ path: string; text: string } | null> {
  const path = join(folder, 'package.json');
  try {
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const above = dirname(folder);
  return above === folder ? null : nearestManifest(above);
}

/** Undefined: none is asked for. Null: unreadable. */
function peerRange(text: string): string | undefined | null {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    return null;
  }
  const range = field(field(manifest, 'peerDependencies'), 'sluice');
  return typeof range === 'string' ? range : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
