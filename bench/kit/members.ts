// SPDX-License-Identifier: MIT
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { MemberCounts, MemberKind, MemberOrder, Listen } from './member-process.js';

const file = fileURLToPath(new URL('./member-process.js', import.meta.url));

/** The members' side: one process that serves on many ports, so that its CPU is not the checker's. */
export class Members implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, { resolve(counts: MemberCounts): void; reject(error: Error): void }>();
  #orders = 0;

  /** `through` is a command line to put before the program's own: `['nsenter', '--net=…']`. */
  constructor(kind: MemberKind, through: readonly string[] = []) {
    const [execPath = '', ...execArgv]: readonly string[] = [...through, process.execPath];
    this.#child = fork(file, [kind], { execPath, execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on(
      'message',
      ({ id, counts, error }: { id: number; counts: MemberCounts; error?: string }) => {
        const answer = this.#answers.get(id);
        this.#answers.delete(id);
        if (error === undefined) answer?.resolve(counts);
        else answer?.reject(new Error(error));
      },
    );
    this.#child.once('exit', (status, signal) => {
      for (const answer of this.#answers.values())
        answer.reject(new Error(`members ended: ${signal ?? status}`));
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Listens there too; resolves when it does. */
  async open(...listens: readonly Listen[]): Promise<void> {
    await this.#order({ open: listens });
  }

  /** Listens there no more: connections are refused when this resolves, and open ones are reset. */
  async close(...listens: readonly Listen[]): Promise<void> {
    await this.#order({ close: listens });
  }

  /** What came in since the process began. */
  counts(): Promise<MemberCounts> {
    return this.#order({});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  #order(order: Omit<MemberOrder, 'id'>): Promise<MemberCounts> {
    this.#orders += 1;
    const id = this.#orders;
    const answer = new Promise<MemberCounts>((resolve, reject) => this.#answers.set(id, { resolve, reject }));
    this.#child.send({ id, ...order });
    return answer;
  }
}
