// SPDX-License-Identifier: MIT
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fresh directory, removed with all that is in it when disposed: `using directory = tempDirectory()`. */
export function tempDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
