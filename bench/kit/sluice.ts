// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ControlClient } from '../../src/cli/client.js';
import type { Plan, Status } from '../../src/status.js';
import { tempDirectory } from '../../test/support/temp-directory.js';
import { until } from '../../test/support/until.js';

export const sluiceBin = fileURLToPath(new URL('../../../bin/sluice.js', import.meta.url));

export interface SluiceOptions {
  /** Before the program's name: `['--import', …]`. */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may take until the engines hold what they should (60 s). */
  readonly deadlineMs?: number;
}

/** The daemon as users run it: a process of its own, with its file, socket and state in a directory of its own. */
export class Sluice implements AsyncDisposable {
  readonly directory: string;
  readonly file: string;
  readonly control: ControlClient;
  /** What it has said so far. */
  output = '';
  readonly #temporary = tempDirectory();
  #child: ChildProcess | null = null;

  private constructor() {
    this.directory = this.#temporary.path;
    this.file = join(this.directory, 'sluice.yaml');
    this.control = new ControlClient(join(this.directory, 'control.sock'));
  }

  /** Starts it, and waits until the engines hold what they should. */
  static async start(config: object, options: SluiceOptions = {}): Promise<Sluice> {
    const sluice = new Sluice();
    try {
      sluice.configure(config);
      await sluice.#spawn(options);
    } catch (error) {
      await sluice.stop();
      throw error;
    }
    return sluice;
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Writes the file; `reload` puts it in force. JSON is YAML. */
  configure(config: object): void {
    const own = {
      control: { socket: this.control.socketPath },
      state: { directory: join(this.directory, 'state') },
      log: { level: 'warn', format: 'json' },
    };
    writeFileSync(this.file, JSON.stringify({ ...own, ...config }, null, 1));
  }

  status(): Promise<Status> {
    return this.control.get<Status>('/v1/status');
  }

  /** What it would still change in the engines. */
  plan(): Promise<Plan> {
    return this.control.get<Plan>('/v1/plan');
  }

  /** Ends it by SIGTERM, its rules staying, and removes its directory. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== null && this.#running()) {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    }
    this.#temporary[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async #spawn({ nodeArgs = [], env = {}, deadlineMs = 60_000 }: SluiceOptions): Promise<void> {
    const child = spawn(process.execPath, [...nodeArgs, sluiceBin, 'run', '-c', this.file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    const keep = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const converged = async (): Promise<boolean> => {
      if (!this.#running()) return true;
      const { backends } = await this.status();
      return backends.length > 0 && backends.every((backend) => backend.converged);
    };
    await until(converged, { deadlineMs, everyMs: 50, what: 'a daemon that has converged' });
    if (!this.#running()) throw new Error(`the daemon ended:\n${this.output}`);
  }
}
