// SPDX-License-Identifier: MIT
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDirectory } from '../../test/support/temp-directory.js';
import { until } from '../../test/support/until.js';
import type { Target } from './targets.js';

export interface HaproxyChecks {
  readonly targets: readonly Target[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Lines of the backend: `option httpchk GET /`. */
  readonly lines?: readonly string[];
  /** Words of each server's line: `check-ssl`. */
  readonly server?: string;
}

/** HAProxy as a checker: one thread, one backend, no traffic. */
export class Haproxy implements AsyncDisposable {
  readonly #temporary = tempDirectory();
  readonly #child: ChildProcess;
  /** What it has said so far. */
  output = '';

  private constructor(checks: HaproxyChecks) {
    const file = join(this.#temporary.path, 'haproxy.cfg');
    writeFileSync(file, configuration(checks, this.#socket));
    const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#child = child;
  }

  /** Resolves when it has read its configuration; its first checks are under way a moment later. */
  static async start(checks: HaproxyChecks): Promise<Haproxy> {
    const haproxy = new Haproxy(checks);
    const ready = (): boolean => !haproxy.#running() || existsSync(haproxy.#socket);
    await until(ready, { what: 'HAProxy that listens' });
    if (haproxy.#running()) return haproxy;
    await haproxy[Symbol.asyncDispose]();
    throw new Error(`HAProxy ended:\n${haproxy.output}`);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#running()) {
      const closed = once(this.#child, 'close');
      this.#child.kill('SIGTERM');
      await closed;
    }
    this.#temporary[Symbol.dispose]();
  }

  get #socket(): string {
    return join(this.#temporary.path, 'idle.sock');
  }

  #running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
}

/** `socket`: it doesn't run without listening somewhere; nobody ever connects. */
function configuration(
  { targets, intervalMs, timeoutMs, lines = [], server = '' }: HaproxyChecks,
  socket: string,
): string {
  return [
    'global',
    ' nbthread 1',
    'defaults',
    ' mode tcp',
    ` timeout connect ${timeoutMs}ms`,
    ` timeout check ${timeoutMs}ms`,
    ' timeout client 10s',
    ' timeout server 10s',
    'frontend idle',
    ` bind unix@${socket}`,
    ' default_backend members',
    'backend members',
    ...lines.map((line) => ` ${line}`),
    ` default-server check inter ${intervalMs}ms ${server}`,
    ...targets.map(({ address, port }, nth) => ` server s${nth} ${address}:${port}`),
    '',
  ].join('\n');
}
