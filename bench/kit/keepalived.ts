// SPDX-License-Identifier: MIT
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDirectory } from '../../test/support/temp-directory.js';
import { Program } from './program.js';
import { loopbackTargets } from './targets.js';

export interface KeepalivedChecks {
  /** Of four members each, on loopback. */
  readonly services: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** keepalived's checkers, alone (`-C`), and silent (`-G`). They don't run without IPVS in the kernel. */
export class Keepalived implements AsyncDisposable {
  readonly #temporary = tempDirectory();
  readonly #program: Program;

  private constructor(checks: KeepalivedChecks) {
    const { path } = this.#temporary;
    const file = join(path, 'keepalived.conf');
    writeFileSync(file, configuration(checks));
    const pidFiles = ['-p', join(path, 'parent.pid'), '-c', join(path, 'checkers.pid')];
    this.#program = new Program('keepalived', ['-n', '-G', '-C', '-f', file, ...pidFiles]);
  }

  /** Resolves when IPVS holds a first member. */
  static async start(checks: KeepalivedChecks): Promise<Keepalived> {
    const keepalived = new Keepalived(checks);
    try {
      await keepalived.#program.ready(async () => (await keepalived.up()) > 0);
      return keepalived;
    } catch (error) {
      await keepalived[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** How many members it has put into IPVS. */
  up(): Promise<number> {
    const lines = readFileSync('/proc/net/ip_vs', 'utf8').split('\n');
    return Promise.resolve(lines.filter((line) => /^ *-> [0-9A-F]{8}:/.test(line)).length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    this.#temporary[Symbol.dispose]();
  }
}

function configuration({ services, intervalMs, timeoutMs }: KeepalivedChecks): string {
  const { ports, targets } = loopbackTargets(services);
  const check = `TCP_CHECK {\nconnect_timeout ${timeoutMs / 1000}\n}`;
  const blocks = ports.map((port, nth) => {
    const members = targets
      .filter((target) => target.port === port)
      .map(({ address }) => `real_server ${address} ${port} {\nweight 1\n${check}\n}`);
    return [
      `virtual_server 127.1.${nth >> 8}.${nth & 255} 80 {`,
      `delay_loop ${intervalMs / 1000}`,
      'lvs_sched rr',
      'lvs_method NAT',
      'protocol TCP',
      ...members,
      '}',
    ].join('\n');
  });
  return `${blocks.join('\n')}\n`;
}
