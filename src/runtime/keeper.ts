// SPDX-License-Identifier: MIT
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../errors.js';
import type { Clock } from '../plugin/api.js';
import { type Override, readOverrides } from './admin.js';
import { replaceFile } from './file.js';
import { readOrNull, readState, type SavedState, writeState } from './state-file.js';

const SAVE_AFTER_MS = 1_000;
const RETRY_MS = 30_000;

export interface KeeperOptions {
  readonly clock: Clock;
  readonly directory: string;
  readonly maxAgeMs: number;
  readonly state: () => Omit<SavedState, 'savedAt'>;
  readonly overrides: () => readonly Override[];
  /** A sentence while the files cannot be written, null once they can again. */
  readonly onTrouble: (sentence: string | null) => void;
}

/** Keeps the state directory: writes soon after a change, says when it can't, and tries again. */
export class Keeper {
  readonly #options: KeeperOptions;
  #timer: Disposable | null = null;
  #writing: Promise<void> = Promise.resolve();
  #overridesChanged = false;
  #troubled = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#arm(quietMs(options.maxAgeMs));
  }

  /** Health has changed: saved within a second. */
  touch(): void {
    this.#arm(this.#troubled ? RETRY_MS : SAVE_AFTER_MS, true);
  }

  /** Overrides have changed: an operator waits for it, so it is written before this resolves. */
  async saveOverrides(): Promise<boolean> {
    this.#overridesChanged = true;
    await this.save();
    return !this.#troubled;
  }

  /** Writes now; never rejects: trouble is told through `onTrouble`. */
  save(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async close(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    await this.save();
    this.#timer?.[Symbol.dispose]();
  }

  #dueMs = Infinity;

  #arm(delayMs: number, sooner = false): void {
    const dueMs = this.#options.clock.monotonicMs() + delayMs;
    if (sooner && this.#timer !== null && this.#dueMs <= dueMs) return;
    this.#timer?.[Symbol.dispose]();
    this.#dueMs = dueMs;
    this.#timer = this.#options.clock.after(delayMs, () => void this.save());
  }

  async #writeOverrides(): Promise<void> {
    if (!this.#overridesChanged) return;
    const { directory, overrides } = this.#options;
    // Before the write: a word that comes while it runs is for the next one.
    this.#overridesChanged = false;
    try {
      await replaceFile(
        overridesPath(directory),
        overrides().map((override) => JSON.stringify(override)),
      );
    } catch (error) {
      this.#overridesChanged = true;
      throw error;
    }
  }

  async #write(): Promise<void> {
    const { clock, directory, maxAgeMs, state, onTrouble } = this.#options;
    // Rewritten in quiet times too, lest a living state look too old.
    this.#arm(quietMs(maxAgeMs));
    try {
      await mkdir(directory, { recursive: true, mode: 0o750 });
      await this.#writeOverrides();
      await writeState(statePath(directory), { savedAt: clock.now(), ...state() });
      if (this.#troubled) onTrouble(null);
      this.#troubled = false;
    } catch (error) {
      this.#arm(RETRY_MS);
      if (!this.#troubled) onTrouble(stateTrouble(directory, error).message);
      this.#troubled = true;
    }
  }
}

/** Between two savings when nothing happens; a tiny age must not make the disk busy. */
function quietMs(maxAgeMs: number): number {
  return Math.max(maxAgeMs / 4, SAVE_AFTER_MS);
}

function statePath(directory: string): string {
  return join(directory, 'state.jsonl');
}

function overridesPath(directory: string): string {
  return join(directory, 'overrides.jsonl');
}

export function stateTrouble(directory: string, error: unknown): SluiceError {
  const { code, message } = error as NodeJS.ErrnoException;
  const advice =
    code === 'ENOSPC'
      ? 'the disk is full: free some space'
      : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'make it writable for this user, or set state.directory'
        : (message ?? String(error));
  return new SluiceError(
    'SLUICE_STATE_WRITE',
    `cannot save the last known state in ${directory}: ${advice}; a restart will have to probe afresh`,
    { cause: error },
  );
}

/** What a former run left behind: the state unless it is too old, and the operators' overrides, which never are. */
export async function readDirectory(
  directory: string,
  maxAgeMs: number,
  now: number,
): Promise<{
  readonly state: SavedState | null;
  readonly overrides: readonly Override[];
  readonly notes: readonly string[];
}> {
  const notes: string[] = [];
  let state: SavedState | null = null;
  let overrides: Override[] = [];
  try {
    state = await readState(statePath(directory));
  } catch (error) {
    notes.push(`the saved state is not used: ${(error as Error).message}`);
  }
  if (state !== null && (now - state.savedAt > maxAgeMs || state.savedAt > now + maxAgeMs)) {
    notes.push(`the saved state is not used: it is ${Math.round((now - state.savedAt) / 1000)} s old`);
    state = { ...state, health: new Map() };
  }
  try {
    const text = await readOrNull(overridesPath(directory));
    const read = readOverrides(text ?? '');
    overrides = read.overrides;
    if (read.damaged > 0) {
      notes.push(
        `${read.damaged} of the saved overrides in ${overridesPath(directory)} cannot be read and ${read.damaged === 1 ? 'is' : 'are'} not in force: say drain or disable again where it is missing`,
      );
    }
  } catch (error) {
    notes.push(`the saved overrides cannot be read: ${(error as Error).message}`);
  }
  return { state, overrides: overrides.filter(({ until }) => until === null || until > now), notes };
}
