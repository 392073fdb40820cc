// SPDX-License-Identifier: MIT
import type { ChildProcess } from 'node:child_process';
import type { CheckOutcome } from 'sluice';
import { inconclusive, outcomeOfError } from '../outcome.js';
import { LAST_WORDS_MS, killGroup, releasePipes, spawnGroup } from './process-group.js';

/** A line is a verdict and a few words. */
const LONGEST_LINE = 4096;

export interface CoProcessListener {
  /** Whole lines, without their ends, as many as came at once. */
  lines(lines: readonly string[]): void;
  stderr(text: string): void;
  /** It is over, unless by {@link CoProcess.stop}; `outcome` is what that means for who waits for an answer. */
  ended(outcome: CheckOutcome): void;
}

/** A process that is written lines and writes lines. One that writes a line without end is ended. */
export class CoProcess {
  readonly #child: ChildProcess;
  readonly #listener: CoProcessListener;
  /** The beginning of a line whose end has not come yet. */
  #rest = '';
  #over = false;
  #exited = false;

  constructor(
    path: string,
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    listener: CoProcessListener,
  ) {
    this.#listener = listener;
    this.#child = spawnGroup(path, argv, env, 'pipe');
    this.#child.once('error', (error) => this.#end(outcomeOfError(error)));
    this.#child.once('exit', (status, signal) => {
      this.#exited = true;
      killGroup(this.#child);
      // Its last line may still be in the pipe.
      const end = (): void => this.#end(inconclusive(`the command ended (${signal ?? `exit ${status}`})`));
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
      .on('data', (text: string) => listener.stderr(text.slice(0, LONGEST_LINE)));
  }

  /** Whether it runs, as far as is known. */
  get usable(): boolean {
    return !this.#over && !this.#exited;
  }

  /** `text` is whole lines. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Ends the process and all it has started; nothing more is heard of it. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#exited) killGroup(this.#child);
    releasePipes(this.#child);
  }

  #read(text: string): void {
    if (this.#over) return;
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    if (lines.length > 0) this.#listener.lines(lines);
    if (this.#rest.length > LONGEST_LINE) this.#end(inconclusive('the command wrote a line without end'));
  }

  #end(outcome: CheckOutcome): void {
    if (this.#over) return;
    this.stop();
    this.#listener.ended(outcome);
  }
}
