// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The path of a file of test/fixtures; the compiled tests run from dist/, the fixtures stay in the source. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../../test/fixtures/${name}`, import.meta.url));
}

/** A certificate or key of test/fixtures/tls. */
export function tlsFixture(name: string): string {
  return readFileSync(fixturePath(`tls/${name}`), 'utf8');
}
