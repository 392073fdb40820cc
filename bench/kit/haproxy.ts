// SPDX-License-Identifier: MIT
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { tempDirectory } from '../../test/support/temp-directory.js';
import { Program } from './program.js';
import type { Target } from './targets.js';

export interface HaproxyChecks {
  readonly targets: readonly Target[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Lines of the backend: `option httpchk`. */
  readonly lines?: readonly string[];
  /** Words of each server's line: `check-ssl`. */
  readonly server?: string;
}

/** HAProxy as a checker: one thread, one backend, no traffic. */
export class Haproxy implements AsyncDisposable {
  readonly #temporary = tempDirectory();
  readonly #program: Program;

  private constructor(checks: HaproxyChecks) {
    const file = join(this.#temporary.path, 'haproxy.cfg');
    writeFileSync(file, configuration(checks, this.#temporary.path));
    this.#program = new Program('haproxy', ['-db', '-f', file]);
  }

  /** Resolves when it has read its configuration; its first checks are under way a moment later. */
  static async start(checks: HaproxyChecks): Promise<Haproxy> {
    const haproxy = new Haproxy(checks);
    try {
      await haproxy.#program.ready(() => existsSync(haproxy.#socket));
      return haproxy;
    } catch (error) {
      await haproxy[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** How many servers it holds to be up. */
  async up(): Promise<number> {
    const socket = connect(this.#socket);
    socket.end('show stat\n');
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    await once(socket, 'close');
    return text.split('\n').filter((line) => /^members,s\d+,/.test(line) && line.includes(',UP,')).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    this.#temporary[Symbol.dispose]();
  }

  get #socket(): string {
    return join(this.#temporary.path, 'admin.sock');
  }
}

function configuration(
  { targets, intervalMs, timeoutMs, lines = [], server = '' }: HaproxyChecks,
  directory: string,
): string {
  return [
    'global',
    ' nbthread 1',
    ` stats socket ${directory}/admin.sock`,
    'defaults',
    ' mode tcp',
    ` timeout connect ${timeoutMs}ms`,
    ` timeout check ${timeoutMs}ms`,
    ' timeout client 10s',
    ' timeout server 10s',
    // It doesn't run without listening somewhere; nobody ever connects.
    'frontend idle',
    ` bind unix@${directory}/idle.sock`,
    ' default_backend members',
    'backend members',
    ...lines.map((line) => ` ${line}`),
    ` default-server check inter ${intervalMs}ms ${server}`,
    ...targets.map(({ address, port }, nth) => ` server s${nth} ${address}:${port}`),
    '',
  ].join('\n');
}
