// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository, from where the compiled tests are. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '');

export function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, 'utf8');
}

export const PAGES = ['man/sluice.8', 'man/sluice.yaml.5', 'man/sluice-plugins.7'] as const;

/** Source files below a folder, as paths from the repository's root. */
export function sources(folder: string): string[] {
  return readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`);
}
