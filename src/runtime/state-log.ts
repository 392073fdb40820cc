// SPDX-License-Identifier: MIT
import { open, rm } from 'node:fs/promises';
import type { Health } from '../health/machine.js';
import { healthLine, healthOf, readOrNull, type SavedState } from './state-file.js';

/**
 * What has changed since the state file was last written whole: a change among ten thousand services costs its own
 * line. Beside that file; the first line says which writing of it this belongs to, by its time. Each further one is
 * the time of an entry or the health of a probe, later ones superseding earlier ones. A last line that a crash has
 * cut short is left out.
 */
export async function appendState(
  path: string,
  wholeAt: number,
  now: number,
  changes: Iterable<readonly [string, Health]>,
): Promise<void> {
  const file = await open(path, 'a', 0o600);
  try {
    const lines: string[] = [];
    if ((await file.stat()).size === 0) lines.push(JSON.stringify({ version: 1, since: wholeAt }));
    for (const [key, health] of changes) lines.push(healthLine(key, health));
    lines.push(JSON.stringify({ saved_at: now }));
    await file.write(`${lines.join('\n')}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

export async function forgetLog(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** The state with what was appended to it since. Throws for a damaged log, as for a damaged state. */
export async function withLog(path: string, state: SavedState): Promise<SavedState> {
  const text = await readOrNull(path);
  if (text === null) return state;
  const [first = '', ...rest] = text.split('\n').slice(0, -1);
  if (first !== JSON.stringify({ version: 1, since: state.savedAt })) return state;
  const health = new Map(state.health);
  let { savedAt } = state;
  for (const line of rest) {
    if (line.startsWith('{')) {
      savedAt = (JSON.parse(line) as { readonly saved_at: number }).saved_at;
      continue;
    }
    const [key, known] = healthOf(line);
    if (known === null) health.delete(key);
    else health.set(key, known);
  }
  return { ...state, savedAt, health };
}
