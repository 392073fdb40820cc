// SPDX-License-Identifier: MIT
import type { ChildProcess } from 'node:child_process';
import { LAST_WORDS_MS, killGroup, releasePipes } from './process-group.js';

export interface Ended {
  /** null: ended by `signal`. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The first KiB of what it wrote to stdout and stderr. */
  readonly output: string;
}

const KEPT_BYTES = 1024;

/**
 * Waits for the process to exit, then kills what it has left running. Rejects when it can't be started, or with
 * `aborted` once killed.
 */
export function runToEnd(child: ChildProcess, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let output = Buffer.alloc(0);
    let lastWords: NodeJS.Timeout | undefined;
    const keep = (chunk: Buffer): void => {
      // All is read, lest the program blocks on a full pipe; little is kept.
      output = Buffer.concat([output, chunk.subarray(0, KEPT_BYTES - output.length)]);
    };
    const settle = (finish: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(lastWords);
      releasePipes(child);
      finish();
    };
    let exited = false;
    const onAbort = (): void => {
      if (!exited) killGroup(child);
      settle(() => reject(new Error('aborted', { cause: signal.reason })));
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (status, byName) => {
      exited = true;
      if (signal.aborted) return;
      killGroup(child);
      const end = (): void => settle(() => resolve({ status, signal: byName, output: output.toString() }));
      child.once('close', end);
      lastWords = setTimeout(end, LAST_WORDS_MS);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
