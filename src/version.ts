// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';

interface Manifest {
  readonly version: string;
}

/** Of this package, as package.json has it. */
export const VERSION = readManifest().version;

function readManifest(): Manifest {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (!isManifest(manifest)) throw new Error('package.json of sluice has no version: install sluice again');
  return manifest;
}

function isManifest(value: unknown): value is Manifest {
  return (
    typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'string'
  );
}
