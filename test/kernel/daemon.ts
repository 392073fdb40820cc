// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plan, Status } from '../../src/status.js';
import { execute, type Executed } from '../support/execute.js';
import { until } from '../support/until.js';
import type { Lab } from './lab.js';

const bin = fileURLToPath(new URL('../../../bin/sluice.js', import.meta.url));

/** The whole of sluice in the balancer: its file, its process, its command line. */
export class LabDaemon implements AsyncDisposable {
  readonly file: string;
  readonly socket: string;
  /** All that the process has said so far, in all of its lives. */
  output = '';
  readonly #lab: Lab;
  #child: ChildProcess | null = null;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.file = join(lab.directory, 'sluice.yaml');
    this.socket = join(lab.directory, 'control.sock');
    lab.use(this);
  }

  get pid(): number | null {
    return this.#running() ? (this.#child?.pid ?? null) : null;
  }

  /** Writes the config file; socket and state directory are the lab's own. (JSON is YAML.) */
  configure(config: object): void {
    this.write(
      JSON.stringify(
        {
          control: { socket: this.socket },
          state: { directory: join(this.#lab.directory, 'state') },
          ...config,
        },
        null,
        1,
      ),
    );
  }

  /** Writes the config file as it stands. */
  write(text: string): void {
    writeFileSync(this.file, text);
  }

  /** Starts the process, by way of other programs if `through` says so; resolves without waiting for anything. */
  spawn(through: readonly string[] = []): ChildProcess {
    const [first, ...rest] = through;
    const own = [bin, 'run', '-c', this.file];
    const [file, args] =
      first === undefined ? [process.execPath, own] : [first, [...rest, process.execPath, ...own]];
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#child = child;
    return child;
  }

  /** Starts the process and waits until the kernel holds what it wants. */
  async start(): Promise<void> {
    this.spawn();
    await until(
      async () => {
        if (!this.#running()) throw new Error(`the daemon ended:\n${this.output}`);
        const { pid, backends } = await this.status();
        return pid === this.pid && backends.every(({ converged }) => converged);
      },
      { what: 'a daemon that has converged', deadlineMs: 20_000 },
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Kill -9: no chance to tidy up. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Waits for the process to end; its exit status. */
  async ended(): Promise<number | null> {
    const child = this.#child;
    if (child === null) throw new Error('never started');
    if (this.#running()) await once(child, 'close');
    return child.exitCode;
  }

  /** A command of the command line, `sluice -c FILE …`. */
  async cli(...args: readonly string[]): Promise<Executed> {
    const [command = '', ...rest] = args;
    return execute(process.execPath, [bin, command, '-c', this.file, ...rest]);
  }

  async status(): Promise<Status> {
    return (await this.#get('/v1/status')) as Status;
  }

  /** What the daemon would still change, by its own file. */
  async plan(): Promise<Plan> {
    return (await this.#get('/v1/plan')) as Plan;
  }

  /** Ids of the endpoints in rotation, sorted. */
  async rotation(): Promise<readonly string[]> {
    const { clusters } = await this.status();
    return clusters
      .flatMap(({ services }) => services.flatMap(({ endpoints }) => endpoints))
      .filter((endpoint) => endpoint.in_rotation)
      .map(({ id }) => id)
      .toSorted();
  }

  /** Waits until exactly these endpoints are in rotation and the kernel holds it. */
  async serves(...ids: readonly string[]): Promise<void> {
    const wanted = ids.toSorted().join(' ');
    await until(
      async () => {
        const { backends } = await this.status();
        return (await this.rotation()).join(' ') === wanted && backends.every(({ converged }) => converged);
      },
      { what: `exactly ${wanted || 'nobody'} in rotation` },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGKILL');
  }

  #running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null || !this.#running()) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }

  #get(path: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ socketPath: this.socket, path, timeout: 5000 }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        incoming.on('end', () => resolve(JSON.parse(text)));
        incoming.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  }
}
