// SPDX-License-Identifier: MIT
/** What the texts show as examples: real files, and what the program really says of them. */
import { readdir, readFile } from 'node:fs/promises';
import { formatDiagnostic } from '../src/config/format-diagnostic.js';
import { loadConfig } from '../src/config/load.js';
import { createPluginRegistry } from '../src/plugin/plugin-registry.js';

/** Plugins of one file each, by the file's name: files of their own, so that they can be run as they stand. */
export async function examplePlugins(root: string): Promise<ReadonlyMap<string, string>> {
  const folder = `${root}/docs/examples`;
  const names = (await readdir(folder)).filter((name) => name.endsWith('.mjs'));
  return new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, string]> => [
        name,
        await readFile(`${folder}/${name}`, 'utf8'),
      ]),
    ),
  );
}

/** The check of CONTRIBUTING.md, without the line about its licence. */
export async function exampleCheck(root: string): Promise<string> {
  const text = await readFile(`${root}/docs/examples/banner-check.ts`, 'utf8');
  return text.slice(text.indexOf('\n') + 1).trim();
}

/** What a command prints, as its golden test has it. */
export async function exampleOutput(root: string, name: string): Promise<string> {
  return readFile(`${root}/test/golden/cli/${name}.txt`, 'utf8');
}

/** The smallest useful configuration, without its comments. */
export async function smallestConfig(root: string): Promise<string> {
  const text = await readFile(`${root}/config/example.yaml`, 'utf8');
  return text.replaceAll(/^#.*\n/gm, '').trim();
}

/** The same with a slip of the pen, and what is said about it. */
export async function exampleMistake(root: string): Promise<string> {
  const text = (await smallestConfig(root)).replace('check:', 'chek:');
  const loaded = await loadConfig({ file: 'sluice.yaml', text, registry: createPluginRegistry() });
  return loaded.diagnostics
    .map((diagnostic) => formatDiagnostic(diagnostic, { color: false }))
    .join('\n')
    .trim();
}
