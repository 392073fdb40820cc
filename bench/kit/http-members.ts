// SPDX-License-Identifier: MIT
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { tempDirectory } from '../../test/support/temp-directory.js';
import type { Listen, MemberCounts } from './member-process.js';
import { Program } from './program.js';

/**
 * Members that answer each HTTP request with 200, by HAProxy: for thousands of checks a second beside their checker
 * they must be quick, or the checks measure their queue.
 */
export class HttpMembers implements AsyncDisposable {
  readonly #temporary = tempDirectory();
  #program: Program | null = null;

  /** Listens there; resolves when it does. Once only. */
  async open(...listens: readonly Listen[]): Promise<void> {
    const file = join(this.#temporary.path, 'haproxy.cfg');
    writeFileSync(file, configuration(listens, this.#socket));
    this.#program = new Program('haproxy', ['-db', '-f', file]);
    await this.#program.ready(() => existsSync(this.#socket));
  }

  /** What came in since the program began. */
  async counts(): Promise<MemberCounts> {
    const socket = connect(this.#socket);
    socket.end('show stat\n');
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    await once(socket, 'close');
    const [names = [], ...rows] = text.split('\n').map((line) => line.split(','));
    const frontend = rows.find((row) => row[1] === 'FRONTEND') ?? [];
    const figure = (name: string): number => Number(frontend[names.indexOf(name)]);
    return { connections: figure('conn_tot'), served: figure('req_tot'), resumed: 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
    this.#temporary[Symbol.dispose]();
  }

  get #socket(): string {
    return join(this.#temporary.path, 'admin.sock');
  }
}

function configuration(listens: readonly Listen[], socket: string): string {
  return [
    'global',
    ' nbthread 1',
    ' maxconn 5000',
    ` stats socket ${socket}`,
    'defaults',
    ' mode http',
    ' timeout client 60s',
    ' timeout http-keep-alive 60s',
    'frontend members',
    ...listens.map(({ address, port }) => ` bind ${address}:${port}`),
    ' http-request return status 200 content-type text/plain string ok',
    '',
  ].join('\n');
}
