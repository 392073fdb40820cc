// SPDX-License-Identifier: MIT
import type { ChildProcess } from 'node:child_process';
import { LAST_WORDS_MS, killGroup, releasePipes, spawnGroup } from './process-group.js';

/** A line is a verdict and a few words. */
const LONGEST_LINE = 4096;

/** The co-process died, or broke the rules of the dialogue; the message says which. */
export class CoProcessFault extends Error {
  override readonly name = 'CoProcessFault';
}

/**
 * A process that answers one line for each line it is given. One question at a time: so an answer can only be
 * to the question asked. Whatever else happens (a line unasked for, a line without end, a question given up)
 * makes the next answer doubtful, and ends the process.
 */
export class CoProcess {
  readonly #child: ChildProcess;
  readonly #stderr: (text: string) => void;
  #buffer = '';
  #fault: Error | null = null;
  #exited = false;
  #pending: { resolve: (line: string) => void; reject: (error: Error) => void } | null = null;

  constructor(
    path: string,
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    stderr: (text: string) => void,
  ) {
    this.#stderr = stderr;
    this.#child = spawnGroup(path, argv, env, 'pipe');
    this.#child.once('error', (error) => this.#end(error));
    this.#child.once('exit', (status, signal) => {
      this.#exited = true;
      killGroup(this.#child);
      // Its last line may still be in the pipe.
      const end = (): void =>
        this.#end(new CoProcessFault(`the command ended (${signal ?? `exit ${status}`})`));
      const lastWords = setTimeout(end, LAST_WORDS_MS);
      this.#child.once('close', () => {
        clearTimeout(lastWords);
        end();
      });
    });
    // Writing to a process that has just died fails; its exit tells.
    this.#child.stdin?.on('error', () => {});
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => this.#stderr(text.slice(0, LONGEST_LINE)));
  }

  /** Whether it runs and has kept to the rules so far. */
  get usable(): boolean {
    return this.#fault === null && !this.#exited;
  }

  /** Asks; rejects with the fault when the process ends, and with `aborted` when given up (which ends it). */
  ask(question: string, signal: AbortSignal): Promise<string> {
    if (this.#fault !== null) return Promise.reject(this.#fault);
    if (this.#pending !== null) return Promise.reject(new Error('a question is open already'));
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.#end(new Error('aborted', { cause: signal.reason }));
      const settled = (): void => signal.removeEventListener('abort', onAbort);
      this.#pending = {
        resolve: (line) => {
          settled();
          resolve(line);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      else this.#child.stdin?.write(`${question}\n`);
    });
  }

  /** Ends the process and all it has started. */
  stop(): void {
    this.#end(new CoProcessFault('the command was stopped'));
  }

  #read(text: string): void {
    if (this.#fault !== null) return;
    this.#buffer += text;
    for (let end = this.#buffer.indexOf('\n'); end >= 0; end = this.#buffer.indexOf('\n')) {
      const line = this.#buffer.slice(0, end);
      this.#buffer = this.#buffer.slice(end + 1);
      const pending = this.#pending;
      if (pending === null) {
        this.#end(new CoProcessFault('the command wrote a line that nobody asked for'));
        return;
      }
      this.#pending = null;
      pending.resolve(line);
    }
    if (this.#buffer.length > LONGEST_LINE)
      this.#end(new CoProcessFault('the command wrote a line without end'));
  }

  #end(error: Error): void {
    if (this.#fault !== null) return;
    this.#fault = error;
    if (!this.#exited) killGroup(this.#child);
    releasePipes(this.#child);
    const pending = this.#pending;
    this.#pending = null;
    pending?.reject(error);
  }
}
