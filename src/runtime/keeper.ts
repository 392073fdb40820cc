// SPDX-License-Identifier: MIT
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../errors.js';
import type { Health } from '../health/machine.js';
import type { Clock } from '../plugin/api.js';
import { type Override, readOverrides } from './admin.js';
import { replaceFile } from './file.js';
import { readOrNull, readState, type SavedState, writeState } from './state-file.js';
import { appendState, forgetLog, withLog } from './state-log.js';

const SAVE_AFTER_MS = 1_000;
const RETRY_MS = 30_000;
/** Appended changes may make up this share of the state before it is written whole again: a small one always is. */
const APPENDED_SHARE = 1 / 8;

export interface KeeperOptions {
  readonly clock: Clock;
  readonly directory: string;
  readonly maxAgeMs: number;
  readonly state: () => Omit<SavedState, 'savedAt'>;
  /** What is known of one probe; undefined when there is no such probe. */
  readonly health: (probe: string) => Health | undefined;
  readonly overrides: () => readonly Override[];
  /** A sentence while the files cannot be written, null once they can again. */
  readonly onTrouble: (sentence: string | null) => void;
}

/** Keeps the state directory: writes soon after a change, says when it can't, and tries again. */
export class Keeper {
  readonly #options: KeeperOptions;
  #timer: Disposable | null = null;
  #dueMs = Infinity;
  #writing: Promise<void> = Promise.resolve();
  #overridesChanged = false;
  readonly #changed = new Set<string>();
  /** When the state was last written whole; null: must be. */
  #wholeAt: number | null = null;
  /** Probes in it. */
  #size = 0;
  #appended = 0;
  #troubled = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#arm(quietMs(options.maxAgeMs));
  }

  /** Health has changed, of one probe or of any: saved within a second. */
  touch(probe?: string): void {
    if (probe === undefined) this.#wholeAt = null;
    else this.#changed.add(probe);
    this.#arm(this.#troubled ? RETRY_MS : SAVE_AFTER_MS, true, () => this.#saveChanges());
  }

  /** Overrides have changed: an operator waits for it, so it is written before this resolves. */
  async saveOverrides(): Promise<boolean> {
    this.#overridesChanged = true;
    await this.save();
    return !this.#troubled;
  }

  /** Writes all now; never rejects: trouble is told through `onTrouble`. */
  save(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write(true));
    return this.#writing;
  }

  #saveChanges(): void {
    this.#writing = this.#writing.then(() => this.#write(false));
  }

  async close(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    await this.save();
    this.#timer?.[Symbol.dispose]();
  }

  #arm(delayMs: number, sooner = false, then: () => void = () => void this.save()): void {
    const dueMs = this.#options.clock.monotonicMs() + delayMs;
    if (sooner && this.#timer !== null && this.#dueMs <= dueMs) return;
    this.#timer?.[Symbol.dispose]();
    this.#dueMs = dueMs;
    this.#timer = this.#options.clock.after(delayMs, then);
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

  async #write(whole: boolean): Promise<void> {
    const { directory, maxAgeMs, onTrouble } = this.#options;
    // Rewritten in quiet times too, lest a living state look too old.
    this.#arm(quietMs(maxAgeMs));
    try {
      await mkdir(directory, { recursive: true, mode: 0o750 });
      await this.#writeOverrides();
      await this.#writeState(whole);
      if (this.#troubled) onTrouble(null);
      this.#troubled = false;
    } catch (error) {
      this.#arm(RETRY_MS);
      if (!this.#troubled) onTrouble(stateTrouble(directory, error).message);
      this.#troubled = true;
    }
  }

  async #writeState(whole: boolean): Promise<void> {
    const { clock, directory, state, health } = this.#options;
    const changes = [...this.#changed].flatMap((key) => {
      const known = health(key);
      return known === undefined ? [] : ([[key, known]] as const);
    });
    this.#changed.clear();
    const wholeAt = this.#wholeAt;
    // Unless this goes well, nobody knows what the files hold.
    this.#wholeAt = null;
    const now = clock.now();
    const appended = this.#appended + changes.length;
    if (whole || wholeAt === null || appended > this.#size * APPENDED_SHARE) {
      const all = state();
      await writeState(statePath(directory), { savedAt: now, ...all });
      await forgetLog(logPath(directory));
      this.#size = all.health.size;
      this.#appended = 0;
      this.#wholeAt = now;
    } else {
      await appendState(logPath(directory), wholeAt, now, changes);
      this.#appended = appended;
      this.#wholeAt = wholeAt;
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

function logPath(directory: string): string {
  return join(directory, 'state-changes.jsonl');
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
    if (state !== null) state = await withLog(logPath(directory), state);
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
