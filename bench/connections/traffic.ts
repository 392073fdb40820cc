// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../test/kernel/host.js';
import { succeed } from '../../test/support/execute.js';
import { tempDirectory } from '../../test/support/temp-directory.js';
import { Program } from '../kit/program.js';
import { cpuMs, endedChildrenCpuMs } from '../kit/process-cpu.js';
import { PORTS } from './rules.js';

const SECONDS = 3;
const AT_ONCE = 32;

export interface Traffic {
  readonly perSecond: number;
  /** Of client and member together, with all that the kernel does for them: both ends, and the way between. */
  readonly cpuUs: number;
}

/** A member that answers each connection's request and closes: HAProxy, one thread, without a server behind it. */
export class Member implements AsyncDisposable {
  readonly #temporary = tempDirectory();
  readonly #program: Program;

  private constructor(host: Host) {
    const file = join(this.#temporary.path, 'haproxy.cfg');
    writeFileSync(
      file,
      [
        'global',
        ' nbthread 1',
        ' maxconn 4096',
        'defaults',
        ' mode http',
        ' timeout client 10s',
        ' timeout http-request 10s',
        'frontend member',
        ` bind ${host.address}:${PORTS[0]}-${PORTS.at(-1)} backlog 4096`,
        ' http-request return status 200 content-type text/plain string ok',
        '',
      ].join('\n'),
    );
    const [first, ...rest] = host.entry;
    // The member closes, and would remember: a client's port that comes again by another service's address, with
    // other time stamps, would be taken for an old packet and kept waiting for a second.
    spawnSync(first, [...rest, 'sh', '-c', 'echo 0 > /proc/sys/net/ipv4/tcp_max_tw_buckets']);
    this.#program = new Program(first, [...rest, 'haproxy', '-db', '-f', file]);
  }

  static async start(host: Host, client: Host): Promise<Member> {
    const member = new Member(host);
    await member.#program.ready(async () => {
      const { status } = await client.run('wrk', [
        '-t1',
        '-c1',
        '-d1s',
        `http://${host.address}:${PORTS[0]}/`,
      ]);
      return status === 0;
    });
    return member;
  }

  /** So many seconds of one request a connection, 32 connections at a time. */
  async traffic(client: Host, url: string): Promise<Traffic> {
    await succeed('conntrack', ['--flush']);
    const before = cpuMs(this.#program.pid) + endedChildrenCpuMs();
    const args = ['-t1', `-c${AT_ONCE}`, `-d${SECONDS}s`, '-H', 'Connection: close', url];
    const { status, stdout, stderr } = await client.run('wrk', args, { timeoutMs: 60_000 });
    const spentMs = cpuMs(this.#program.pid) + endedChildrenCpuMs() - before;
    const [, count] = /(\d+) requests in/.exec(stdout) ?? [];
    const [, perSecond] = /Requests\/sec: +([\d.]+)/.exec(stdout) ?? [];
    if (status !== 0 || count === undefined || Number(count) === 0 || /Socket errors|Non-2xx/.test(stdout)) {
      throw new Error(`wrk: ${stdout}${stderr}`);
    }
    return { perSecond: Number(perSecond), cpuUs: (spentMs * 1000) / Number(count) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    this.#temporary[Symbol.dispose]();
  }
}
