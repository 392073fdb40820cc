// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, PluginContext } from 'sluice';
import { inconclusive, outcomeOfError, timedOut } from '../outcome.js';
import { readAnswer } from './answer.js';
import { CoProcess } from './co-process.js';
import type { CommandOptions } from './options.js';
import { ownTurn } from './own-turn.js';
import { findProgram, searchPath } from './program.js';
import { Question } from './question.js';
import { Queue } from './queue.js';
import { StartAllowance } from './start-allowance.js';

const BUSY = inconclusive('the command was busy with other probes all the time');
const STOPPED = inconclusive('the command was stopped');

/**
 * Questions and answers between the probes of a check and its one co-process, which is started anew when it
 * ended. With a concurrency of 1 one question is open at a time, so an answer can only be to it; with more, a
 * number before question and answer tells. What makes the next answer doubtful ends the process.
 */
export class Interview {
  readonly #context: PluginContext;
  readonly #options: CommandOptions;
  readonly #concurrency: number;
  readonly #allowance: StartAllowance;
  #process: CoProcess | null = null;
  #starting = false;
  #stopped = false;
  /** Why the last process ended: the reason of who waits for the next one in vain. */
  #lastEnd: CheckOutcome | null = null;
  readonly #waiting = new Queue();
  readonly #open = new Map<number, Question>();
  #lastNumber = 0;
  #heardMs = 0;

  constructor(context: PluginContext, options: CommandOptions) {
    this.#context = context;
    this.#options = options;
    this.#concurrency = options.concurrency ?? 1;
    this.#allowance = new StartAllowance(context.clock);
  }

  /** Puts a question at the end of the queue; it is asked by {@link proceed}. */
  add(target: CheckTarget, settle: (outcome: CheckOutcome) => void): Question {
    const question = new Question(target, this.#context.clock, settle, (overdue) => this.giveUp(overdue));
    if (this.#stopped) question.settle(STOPPED);
    else this.#waiting.push(question);
    return question;
  }

  /** Asks as many as may be open at once, all in one write. */
  proceed(): void {
    if (this.#waiting.empty) return;
    const process = this.#process;
    if (process === null) {
      void this.#start();
      return;
    }
    // Its end will come to this again.
    if (!process.usable) return;
    const nowMs = this.#context.clock.monotonicMs();
    let text = '';
    while (this.#open.size < this.#concurrency) {
      const question = this.#waiting.next(nowMs, BUSY);
      if (question === null) break;
      text += this.#put(question, nowMs);
    }
    if (text !== '') process.write(text);
  }

  /** The time is over. A process that has been silent for all that time is not asked again. */
  giveUp(question: Question): void {
    const { askedMs } = question;
    if (question.settled) return;
    if (askedMs === null) question.settle(this.#process === null ? (this.#lastEnd ?? BUSY) : BUSY);
    else if (this.#numbered && this.#heardMs > askedMs) {
      this.#open.delete(question.number);
      question.settle(timedOut('waiting for the command'));
      this.proceed();
    } else {
      question.settle(timedOut('waiting for the command, which was killed'));
      this.#process?.stop();
      this.#ended(inconclusive('the command was killed, as it had stopped to answer'));
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#process?.stop();
    this.#ended(STOPPED);
    this.#waiting.dismiss(STOPPED);
  }

  get #numbered(): boolean {
    return this.#concurrency > 1;
  }

  /** Makes the question an open one; the line to write. */
  #put(question: Question, nowMs: number): string {
    const { address, port, trace } = question.target;
    question.askedMs = nowMs;
    question.number = ++this.#lastNumber;
    this.#open.set(question.number, question);
    const line = `${this.#numbered ? `${question.number} ` : ''}${address} ${port}\n`;
    if (trace) question.transcript.sent(Buffer.from(line));
    return line;
  }

  #hear(lines: readonly string[]): void {
    this.#heardMs = this.#context.clock.monotonicMs();
    for (const line of lines) {
      const fault = this.#numbered ? this.#hearNumbered(line) : this.#hearNext(line);
      if (fault === null) continue;
      this.#process?.stop();
      this.#ended(inconclusive(fault));
      return;
    }
    this.proceed();
  }

  /** What is wrong with a line; null: it is the answer to the one question that is open. */
  #hearNext(line: string): string | null {
    for (const [number, question] of this.#open) {
      this.#answer(number, question, line, line);
      return null;
    }
    return 'the command wrote a line that nobody asked for';
  }

  /** The same for one that begins with the number of its question. */
  #hearNumbered(line: string): string | null {
    const end = line.indexOf(' ');
    const number = Number(end < 0 ? line : line.slice(0, end));
    if (!(number >= 1 && number <= this.#lastNumber)) return 'the command wrote a line that nobody asked for';
    const question = this.#open.get(number);
    // Without one its time ran out before.
    if (question !== undefined) this.#answer(number, question, line, end < 0 ? '' : line.slice(end + 1));
    return null;
  }

  #answer(number: number, question: Question, line: string, answer: string): void {
    this.#open.delete(number);
    if (question.target.trace) question.transcript.received(Buffer.from(`${line}\n`));
    question.settle(readAnswer(answer));
  }

  /** The process is no more: the questions open to it get no answer, and those that wait another process. */
  #ended(outcome: CheckOutcome): void {
    this.#process = null;
    this.#lastEnd = outcome;
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const question of open) question.settle(outcome);
    this.proceed();
  }

  /** Starts a process, as soon as one may be started. */
  async #start(): Promise<void> {
    if (this.#starting || this.#stopped) return;
    this.#starting = true;
    const context = this.#context;
    const { command, env } = this.#options;
    try {
      const program = await findProgram(command[0] ?? '', context.directory);
      if ('problem' in program) {
        this.#waiting.dismiss(inconclusive(program.problem));
        return;
      }
      await this.#allowance.take();
      await ownTurn();
      if (this.#stopped) return;
      this.#process = new CoProcess(
        program.path,
        command,
        { PATH: searchPath(), ...env },
        {
          lines: (lines) => this.#hear(lines),
          stderr: (text) => context.log.debug({ text }, 'stderr'),
          ended: (outcome) => this.#ended(outcome),
        },
      );
    } catch (error) {
      this.#waiting.dismiss(outcomeOfError(error));
    } finally {
      this.#starting = false;
    }
    this.proceed();
  }
}
