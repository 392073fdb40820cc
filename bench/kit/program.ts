// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from '../../test/support/until.js';

/** A running program whose words are kept; ended by its process, never by its name. */
export class Program implements AsyncDisposable {
  /** All that it has said so far. */
  output = '';
  readonly #name: string;
  readonly #child: ChildProcess;

  constructor(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#name = file;
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    const keep = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      this.output += error.message;
    });
    this.#child = child;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits for a sign that it is at work; an error with its words when it ends before. */
  async ready(sign: () => boolean | Promise<boolean>, deadlineMs = 60_000): Promise<void> {
    await until(async () => !this.running || (await sign()), {
      deadlineMs,
      everyMs: 50,
      what: `${this.#name} at work`,
    });
    if (!this.running) throw new Error(`${this.#name} ended:\n${this.output}`);
  }

  /** Ends it by SIGTERM and waits until it has. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.running) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await closed;
  }
}
