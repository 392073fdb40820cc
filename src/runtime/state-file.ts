// SPDX-License-Identifier: MIT
import { readFile } from 'node:fs/promises';
import type { Health } from '../health/machine.js';
import { replaceFile } from './file.js';

/**
 * The last known state: the health of every probe, by the probe's own identity (target and check), so that a
 * rename keeps it and a changed check does not. One JSON value a line; the first line is the header.
 */
export interface SavedState {
  readonly savedAt: number;
  readonly health: ReadonlyMap<string, Health>;
  /** Backends in use when it was saved, with their options: rules they left behind are found again by this. */
  readonly backends: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Header {
  readonly version: 1;
  readonly saved_at: number;
  readonly backends: SavedState['backends'];
}

export async function writeState(path: string, state: SavedState): Promise<void> {
  await replaceFile(path, lines(state));
}

function* lines(state: SavedState): Generator<string> {
  yield JSON.stringify({ version: 1, saved_at: state.savedAt, backends: state.backends } satisfies Header);
  for (const [key, health] of state.health) if (health.state !== 'unknown') yield healthLine(key, health);
}

/** What is known of one probe, in a line. */
export function healthLine(key: string, { state, since, reason }: Health): string {
  return JSON.stringify([key, state, since, reason]);
}

/** The same read back; null where nothing is known. Throws for what is no such line. */
export function healthOf(line: string): readonly [string, Health | null] {
  const [key, state, since, reason] = JSON.parse(line) as [string, Health['state'], number, string];
  if (state === 'unknown') return [key, null];
  if (state !== 'up' && state !== 'down') throw new Error(`no such state: ${state as string}`);
  return [key, { state, since, streak: 0, reason, restored: true }];
}

/** What `path` holds; null when there is none. A damaged file throws: it is told, then ignored. */
export async function readState(path: string): Promise<SavedState | null> {
  const text = await readOrNull(path);
  if (text === null) return null;
  const [first, ...rest] = text.split('\n');
  const header = JSON.parse(first ?? '') as Partial<Header>;
  if (header.version !== 1 || typeof header.saved_at !== 'number')
    throw new Error('not a state file of this version');
  const health = new Map<string, Health>();
  for (const line of rest) {
    if (line === '') continue;
    const [key, known] = healthOf(line);
    if (known === null) throw new Error(`${key} is of no known state`);
    health.set(key, known);
  }
  return { savedAt: header.saved_at, health, backends: header.backends ?? {} };
}

export async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
