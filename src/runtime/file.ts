// SPDX-License-Identifier: MIT
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file so that a reader, or a crash at any moment, finds the old content or the new, never a part:
 * write beside it, fsync, rename, fsync the folder. `lines` may be long: they are written in slices.
 */
export async function replaceFile(path: string, lines: Iterable<string>): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    for (const slice of slices(lines, 1_000)) {
      await file.write(slice);
      // A slice is written fast; the loop gets its turn between two of them.
      await new Promise(setImmediate);
    }
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  await rename(temporary, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function* slices(lines: Iterable<string>, size: number): Generator<string> {
  let slice: string[] = [];
  for (const line of lines) {
    slice.push(line, '\n');
    if (slice.length >= size * 2) {
      yield slice.join('');
      slice = [];
    }
  }
  if (slice.length > 0) yield slice.join('');
}
