// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EndpointStatus, Status } from '../../src/status.js';

const ROOT = new URL('../../../', import.meta.url);
const BIN = fileURLToPath(new URL('bin/sluice.js', ROOT));
const PLUGINS = fileURLToPath(new URL('test/fixtures/plugins/', ROOT));
const DEADLINE_MS = 15_000;

/** Waits for a condition, with a deadline; what the condition last said or threw is in the error. */
export async function until<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  const endMs = Date.now() + DEADLINE_MS;
  for (;;) {
    let last: unknown;
    try {
      last = await look();
      if (last !== false && last !== null && last !== undefined) return last as NonNullable<T>;
    } catch (error) {
      last = error;
    }
    if (Date.now() > endMs)
      throw new Error(`waited in vain for: ${what} (last: ${String(last)})`, { cause: last });
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

export interface Answer<T = unknown> {
  readonly status: number;
  readonly body: T;
}

/** A daemon as a process of its own, in a folder of its own, on plugins that live in files. */
export class DaemonLab implements AsyncDisposable {
  readonly folder: string;
  readonly socket: string;
  output = '';
  /** Where standard output goes instead of into `output`. */
  logFile: string | null = null;
  #child: ChildProcess | null = null;

  private constructor(folder: string) {
    this.folder = folder;
    this.socket = join(folder, 'control.sock');
  }

  static async open(): Promise<DaemonLab> {
    return new DaemonLab(await mkdtemp(join(tmpdir(), 'sluice-daemon-')));
  }

  /** Writes `sluice.yaml`: the head is given, the text adds clusters. */
  async config(clusters: string, more = ''): Promise<void> {
    const head = [
      `control: { socket: ${this.socket} }`,
      `state: { directory: ${join(this.folder, 'state')} }`,
      `plugins: ["${PLUGINS}file-backend.mjs", "${PLUGINS}file-check.mjs"]`,
      'backends: { file: { file: held.json } }',
      'defaults: { backend: file, check: { type: file, interval: 200ms, timeout: 100ms, rise: 2, fall: 2 } }',
    ];
    await this.write('sluice.yaml', `${head.join('\n')}\n${more}${clusters}`);
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.folder, name), text);
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true });
  }

  read(name: string): string {
    const path = join(this.folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** Starts the daemon; resolves when it answers, or with its exit status when it ends first. */
  async start(...args: string[]): Promise<number | null> {
    this.output = '';
    const log = this.logFile === null ? 'pipe' : openSync(this.logFile, 'w');
    const child = spawn(process.execPath, [BIN, 'run', '-c', join(this.folder, 'sluice.yaml'), ...args], {
      stdio: ['ignore', log, 'pipe'],
    });
    if (typeof log === 'number') closeSync(log);
    this.#child = child;
    const keep = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr!.on('data', keep);
    const closed = once(child, 'close');
    const up = until('the daemon answers', () => child.exitCode === null && this.#ready());
    await Promise.race([up, closed]);
    if (child.exitCode === null) await up;
    else up.catch(() => undefined);
    return child.exitCode;
  }

  async #ready(): Promise<boolean> {
    const { body } = await this.call<Status>('GET', '/v1/status');
    return body.pid === this.#child?.pid && body.backends.every(({ converged }) => converged);
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child!.kill(signal);
  }

  /** Ends the process and waits for it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child!;
    if (child.exitCode === null && child.signalCode === null) {
      const closed = once(child, 'close');
      child.kill(signal);
      await closed;
    }
    return child.exitCode;
  }

  async exited(): Promise<number | null> {
    const child = this.#child!;
    await until('the daemon ends', () => child.exitCode !== null || child.signalCode !== null);
    return child.exitCode;
  }

  call<T = unknown>(method: string, path: string, body?: object): Promise<Answer<T>> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ socketPath: this.socket, method, path, timeout: 5_000 }, (incoming) => {
        let text = '';
        incoming.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) as T });
        });
        incoming.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async status(): Promise<Status> {
    return (await this.call<Status>('GET', '/v1/status')).body;
  }

  async endpoint(id: string): Promise<EndpointStatus> {
    const { clusters } = await this.status();
    const all = clusters.flatMap(({ services }) => services.flatMap(({ endpoints }) => endpoints));
    const found = all.find((endpoint) => endpoint.id === id);
    if (found === undefined) throw new Error(`no endpoint ${id}`);
    return found;
  }

  /** Addresses that the backend holds for a frontend, sorted. */
  held(key: string): readonly string[] | null {
    const text = this.read('held.json');
    const services = (text === '' ? [] : JSON.parse(text)) as {
      key: string;
      members: { address: string }[];
    }[];
    const service = services.find((candidate) => candidate.key === key);
    return service === undefined ? null : service.members.map(({ address }) => address).toSorted();
  }

  async holds(key: string, ...addresses: string[]): Promise<void> {
    await until(`${key} is served by ${addresses.join(', ') || 'nobody'}`, () => {
      const held = this.held(key);
      return held !== null && held.join() === addresses.join();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child !== null) await this.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}
