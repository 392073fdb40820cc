// SPDX-License-Identifier: MIT
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Target } from '../kit/targets.js';
import type { ClientReport } from './client-process.js';

const file = fileURLToPath(new URL('./client-process.js', import.meta.url));

/** A steady load through the services, from a namespace of its own. */
export class Clients implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor(services: readonly Target[], through: readonly [string, ...string[]]) {
    const [execPath, ...execArgv] = [...through, process.execPath] as [string, ...string[]];
    this.#child = fork(file, [], { execPath, execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.send({ services });
  }

  /** Ends the load; what became of all connections. */
  async stop(): Promise<ClientReport> {
    this.#child.send('stop');
    const [report] = (await once(this.#child, 'message')) as [ClientReport];
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}
