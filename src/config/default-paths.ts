// SPDX-License-Identifier: MIT
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What decides where the daemon keeps its things unless told otherwise. */
export interface Surroundings {
  readonly root: boolean;
  /** `$XDG_RUNTIME_DIR`; the user's own folder under the temporary one stands in for it. */
  readonly runtimeDirectory: string;
}

export function readSurroundings(): Surroundings {
  const uid = process.getuid?.() ?? 0;
  const runtimeDirectory = process.env['XDG_RUNTIME_DIR'] ?? join(tmpdir(), `sluice-${uid}`);
  return { root: uid === 0, runtimeDirectory };
}

export function defaultSocket(surroundings: Surroundings): string {
  const { root, runtimeDirectory } = surroundings;
  return root ? '/run/sluice/control.sock' : join(runtimeDirectory, 'sluice', 'control.sock');
}

export function defaultStateDirectory(surroundings: Surroundings, socket: string): string {
  return surroundings.root ? '/var/lib/sluice' : join(dirname(socket), 'state');
}
