// SPDX-License-Identifier: MIT
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ControlClient, isAbsent } from '../../src/cli/client.js';
import type { Plan, Status } from '../../src/status.js';
import { tempDirectory } from '../../test/support/temp-directory.js';
import { Program } from './program.js';

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
  readonly #temporary = tempDirectory();
  #program: Program | null = null;

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
      await sluice.#run(options);
    } catch (error) {
      await sluice.stop();
      throw error;
    }
    return sluice;
  }

  get pid(): number {
    return this.#program!.pid;
  }

  /** What it has said so far. */
  get output(): string {
    return this.#program?.output ?? '';
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
    await this.#program?.[Symbol.asyncDispose]();
    this.#temporary[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run({ nodeArgs = [], env = {}, deadlineMs = 60_000 }: SluiceOptions): Promise<void> {
    this.#program = new Program(process.execPath, [...nodeArgs, sluiceBin, 'run', '-c', this.file], env);
    await this.#program.ready(async () => {
      const { backends } = await this.#statusOnceUp();
      return backends.length > 0 && backends.every(({ converged }) => converged);
    }, deadlineMs);
  }

  async #statusOnceUp(): Promise<Pick<Status, 'backends'>> {
    try {
      return await this.status();
    } catch (error) {
      if (isAbsent(error)) return { backends: [] };
      throw error;
    }
  }
}
