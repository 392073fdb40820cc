// SPDX-License-Identifier: MIT
/**
 * What a start with a small configuration costs: time and CPU until the first log line, beside Node.js that runs
 * nothing, and the memory held a while later. `npm run bench:start -- 30` does 30 rounds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { tempDirectory } from '../test/support/temp-directory.js';
import { enterBench } from './kit/enter.js';
import { machine } from './kit/machine.js';
import { cpuMs } from './kit/process-cpu.js';
import { residentMiB } from './kit/process-size.js';
import { interleave } from './kit/rounds.js';
import { sluiceBin } from './kit/sluice.js';
import { median, ratioOfPairs } from './kit/statistics.js';
import { table } from './kit/table.js';

/** Long enough for a few rounds of probes and whatever is loaded late. */
const settleMs = 2_000;

await enterBench(import.meta.url);

interface Start {
  readonly firstLineMs: number;
  readonly cpuMs: number;
  readonly residentMiB: number;
}

/** Until the program's first word, or its end when it says none. */
async function start(args: readonly string[], settleForMs: number): Promise<Start> {
  const before = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), exited]);
  const firstLineMs = performance.now() - before;
  if (child.exitCode !== null) {
    if (child.exitCode !== 0) throw new Error(`node ${args.join(' ')} failed`);
    return { firstLineMs, cpuMs: NaN, residentMiB: NaN };
  }
  const pid = child.pid ?? 0;
  const spent = cpuMs(pid);
  child.stdout.resume();
  await Promise.race([sleep(settleForMs), exited]);
  const resident = child.exitCode === null ? residentMiB(pid) : NaN;
  child.kill('SIGTERM');
  await exited;
  return { firstLineMs, cpuMs: spent, residentMiB: resident };
}

function configuration(directory: string, backend: string, port: number): string {
  const file = join(directory, `${backend}.yaml`);
  const members = { a: '127.0.0.1', b: '127.0.0.2' };
  const services = { http: { backend, listen: '127.0.0.1:8000', port, check: { type: 'http', path: '/' } } };
  const control = { socket: join(directory, `${backend}.sock`) };
  const state = { directory: join(directory, backend) };
  writeFileSync(file, JSON.stringify({ control, state, clusters: { shop: { members, services } } }));
  return file;
}

using directory = tempDirectory();
const member = createServer((_request, response) => response.end('well')).listen(0, '0.0.0.0');
await once(member, 'listening');
const { port } = member.address() as AddressInfo;
const proxy = configuration(directory.path, 'proxy', port);
const nftables = configuration(directory.path, 'nftables', port);
const compiled = pathToFileURL(join(import.meta.dirname, '../src/main.js')).href;
const fromSources = `import('${compiled}').then(({ main }) => main(process.argv.slice(1)))`;

const ways = {
  'node -e 0': ['-e', '0'],
  'node, one line and a timer': ['-e', 'console.log(1); setInterval(() => {}, 1000)'],
  'sluice run, proxy': [sluiceBin, 'run', '-c', proxy],
  'sluice run, nftables': [sluiceBin, 'run', '-c', nftables],
  // V8 refuses a cache that was made under other flags.
  'without the compile cache': ['--no-flush-bytecode', sluiceBin, 'run', '-c', proxy],
  'from the compiled sources': ['-e', fromSources, 'run', '-c', proxy],
  'sluice status --help': [sluiceBin, 'status', '--help'],
} as const;
type Way = keyof typeof ways;

const rounds = Number(process.argv[2] ?? 15);
const names = Object.keys(ways) as Way[];
const starts = await interleave(rounds, names, (way) =>
  start(ways[way], way.startsWith('sluice') ? settleMs : 500),
);
const bare = starts['node -e 0'].map(({ firstLineMs }) => firstLineMs);
const rows = names.map((way) => {
  const lines = starts[way].map(({ firstLineMs }) => firstLineMs);
  const figure = (values: readonly number[], digits: number): string =>
    values.some(Number.isNaN) ? '–' : median(values).toFixed(digits);
  return [
    `\`${way}\``,
    `${median(lines).toFixed(0)} ms`,
    ratioOfPairs(lines, bare).toFixed(2),
    figure(
      starts[way].map((one) => one.cpuMs),
      0,
    ),
    figure(
      starts[way].map((one) => one.residentMiB),
      1,
    ),
  ];
});
member.close();
process.stdout.write(`${machine()}; ${rounds} rounds\n\n`);
process.stdout.write(`${table(['', 'first line', 'x bare', 'CPU ms until then', 'resident MiB'], rows)}\n`);
