// SPDX-License-Identifier: MIT
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { execute, succeed, type Executed, type ExecuteOptions } from '../support/execute.js';
import type { AskOptions, AskReport, Methods, Response, ServeOptions } from './agent-protocol.js';

const agentFile = fileURLToPath(new URL('./agent.js', import.meta.url));

/** Connections being made in the background. */
export interface RunningLoad {
  report(): Promise<AskReport>;
  /** Opens no more, awaits those that are open, and reports. */
  finish(): Promise<AskReport>;
}

/** A host of the lab: a network namespace with one link to the balancer, through which all its routes lead. */
export class Host implements AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly address6: string;
  #agent: ChildProcess | null = null;
  #nextId = 0;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();

  constructor(name: string, number: number) {
    this.name = name;
    this.address = `10.9.${number}.2`;
    this.address6 = `fd00:9:0:${number}::2`;
  }

  /** The command line that enters this host, to put before a program's own. */
  get entry(): readonly [string, ...string[]] {
    return ['nsenter', `--net=/run/netns/${this.name}`];
  }

  /** Runs a program in this host to its end. */
  async run(file: string, args: readonly string[], options?: ExecuteOptions): Promise<Executed> {
    const [first, ...rest] = this.entry;
    return execute(first, [...rest, file, ...args], options);
  }

  /** Serves under this host's name on all of its addresses, IPv4 and IPv6. */
  async serve(options: ServeOptions): Promise<void> {
    await this.#call('serve', options);
  }

  /** Closes that server: its port refuses from now on. Open connections live on unless `reset`. */
  async unserve(options: ServeOptions, reset = false): Promise<void> {
    await this.#call('unserve', options, reset);
  }

  /** Makes `count` connections and says who answered. */
  async ask(options: AskOptions & { readonly count: number }): Promise<AskReport> {
    return this.#call('ask', options);
  }

  /** Makes connections until told to finish. */
  async load(options: AskOptions): Promise<RunningLoad> {
    const load = await this.#call('start', options);
    return {
      report: () => this.#call('report', load),
      finish: () => this.#call('finish', load),
    };
  }

  /** Adds more addresses to the host's link, for clients from many sources. */
  async addAddresses(addresses: readonly string[]): Promise<void> {
    const lines = addresses.map((address) => {
      const length = address.includes(':') ? '64 nodad' : '24';
      return `address add ${address}/${length} dev eth0\n`;
    });
    await succeed('ip', ['-n', this.name, '-batch', '-'], { input: lines.join('') });
  }

  /** Cuts, or mends, the host's link: a dead host answers nothing, not even by refusing. */
  async link(state: 'up' | 'down'): Promise<void> {
    await succeed('ip', ['link', 'set', 'dev', this.name, state]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const agent = this.#agent;
    if (agent === null || agent.exitCode !== null || agent.signalCode !== null) return;
    const gone = once(agent, 'exit');
    agent.kill('SIGKILL');
    await gone;
  }

  async #call<M extends keyof Methods>(
    method: M,
    ...params: Parameters<Methods[M]>
  ): Promise<Awaited<ReturnType<Methods[M]>>> {
    const agent = (this.#agent ??= this.#start());
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    agent.send({ id, method, params });
    return (await answer) as Awaited<ReturnType<Methods[M]>>;
  }

  #start(): ChildProcess {
    const [execPath, ...execArgv] = this.entry;
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const agent = fork(agentFile, [this.name], {
      execPath,
      execArgv: [...execArgv, process.execPath],
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    agent.on('message', (response: Response) => {
      const waiting = this.#waiting.get(response.id);
      this.#waiting.delete(response.id);
      if ('error' in response) waiting?.reject(new Error(`${this.name}: ${response.error}`));
      else waiting?.resolve(response.result);
    });
    agent.once('exit', (code, signal) => {
      for (const waiting of this.#waiting.values()) {
        waiting.reject(new Error(`the agent in ${this.name} ended: ${signal ?? `status ${code}`}`));
      }
      this.#waiting.clear();
    });
    return agent;
  }
}
