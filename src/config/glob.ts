// SPDX-License-Identifier: MIT
import { readdir } from 'node:fs/promises';
import { isAbsolute, join, resolve, sep } from 'node:path';

/**
 * The files that a pattern names, sorted: `*` and `?` match within one name, and not a leading dot. A pattern
 * without either names one file, whether it exists or not. Folders that can't be read throw.
 */
export async function expandGlob(pattern: string, directory: string): Promise<string[]> {
  if (!/[*?]/.test(pattern)) return [resolve(directory, pattern)];
  const segments = pattern.split(/[\\/]+/).filter((segment) => segment !== '' && segment !== '.');
  let found = [isAbsolute(pattern) ? sep : directory];
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    const next = await Promise.all(found.map((folder) => expandSegment(folder, segment, last)));
    found = next.flat();
  }
  return found.toSorted();
}

async function expandSegment(folder: string, segment: string, last: boolean): Promise<string[]> {
  if (!/[*?]/.test(segment)) return [join(folder, segment)];
  const matcher = new RegExp(`^${segment.split('').map(toRegExp).join('')}$`, 'u');
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => matcher.test(entry.name) && (!entry.name.startsWith('.') || segment.startsWith('.')))
    .filter((entry) => (last ? !entry.isDirectory() : entry.isDirectory() || entry.isSymbolicLink()))
    .map((entry) => join(folder, entry.name));
}

function toRegExp(character: string): string {
  if (character === '*') return '[^/]*';
  return character === '?' ? '[^/]' : character.replace(/[\\^$.*+?()[\]{}|/-]/u, String.raw`\$&`);
}
