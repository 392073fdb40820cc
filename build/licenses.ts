// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/** The licence of every package that files of a bundle come from, as one text. */
export function licenses(root: string, inputs: readonly string[]): string {
  const names = new Set(inputs.flatMap((input) => PACKAGE.exec(input)?.[1] ?? []));
  return [...names]
    .toSorted()
    .map((name) => `${name}\n\n${licenseOf(join(root, 'node_modules', name))}\n`)
    .join('\n');
}

function licenseOf(folder: string): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file !== undefined) return readFileSync(join(folder, file), 'utf8');
  const { license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { license?: string };
  if (license === undefined) throw new Error(`${folder} has no licence: it can't be part of the bundle`);
  return license;
}
