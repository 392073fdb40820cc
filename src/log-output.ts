// SPDX-License-Identifier: MIT
import { writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** How long a reader that is behind is waited for, a millisecond at a time; the loop stands still meanwhile. */
const PATIENCE_MS = 20;

export interface LogOutputOptions {
  /** 1 for standard output, 2 for standard error. */
  readonly descriptor: number;
  /** Told how many lines were lost as soon as one can be written again, and why they were. */
  readonly recovered: (lines: number, why: string) => void;
  /** Replaced in tests. */
  readonly write?: (descriptor: number, bytes: Uint8Array) => number;
}

/**
 * Where log lines go: written at once, so that the last one before a crash is there. A full disk, a reader that
 * is gone or asleep costs lines, never the daemon: those that rule traffic must not die of their log.
 */
export class LogOutput implements DestinationStream {
  readonly #options: Required<LogOutputOptions>;
  readonly #sleep = new Int32Array(new SharedArrayBuffer(4));
  #lost = 0;
  #why = '';

  constructor(options: LogOutputOptions) {
    this.#options = { write: writeSync, ...options };
  }

  write(line: string): void {
    try {
      this.#writeWhole(Buffer.from(line));
    } catch (error) {
      this.#lost += 1;
      this.#why = (error as NodeJS.ErrnoException).code ?? String(error);
      return;
    }
    const lost = this.#lost;
    if (lost === 0) return;
    this.#lost = 0;
    this.#options.recovered(lost, this.#why);
  }

  #writeWhole(bytes: Uint8Array): void {
    let rest = bytes;
    let waitedMs = 0;
    while (rest.length > 0) {
      try {
        rest = rest.subarray(this.#options.write(this.#options.descriptor, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || waitedMs >= PATIENCE_MS) throw error;
        Atomics.wait(this.#sleep, 0, 0, 1);
        waitedMs += 1;
      }
    }
  }
}
