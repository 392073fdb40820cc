// SPDX-License-Identifier: MIT
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { othersMayWrite } from 'sluice';
import { codeOf } from '../outcome.js';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function searchPath(): string {
  return process.env['PATH'] ?? DEFAULT_PATH;
}

/** The program to run, or the sentence that says why it can't be. */
export type Program = { readonly path: string } | { readonly problem: string };

/**
 * Finds the program afresh for each run, as it may be replaced meanwhile. For root one that others may change
 * is refused: whoever could write it, or a folder above it, would be root a second later.
 */
export async function findProgram(name: string, directory: string): Promise<Program> {
  const candidates = name.includes('/')
    ? [resolve(directory, name)]
    : searchPath()
        .split(delimiter)
        .map((folder) => join(resolve('/', folder), name));
  let denied: string | undefined;
  for (const candidate of candidates) {
    try {
      if (!(await stat(candidate)).isFile()) continue;
      await access(candidate, constants.X_OK);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EACCES' || code === 'EPERM') denied ??= candidate;
      else if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
      continue;
    }
    const real = await realpath(candidate);
    const exposed = process.geteuid?.() === 0 ? await othersMayWrite(real) : null;
    // The name it was called by stays: many programs look at it.
    return exposed === null ? { path: candidate } : { problem: `the command is not run: ${exposed}` };
  }
  if (denied !== undefined) {
    return { problem: `the command ${denied} may not be run by sluice: make it executable (chmod +x)` };
  }
  return {
    problem: `there is no program ${name}${name.includes('/') ? '' : ' in PATH'}: install it, or correct \`command\``,
  };
}
