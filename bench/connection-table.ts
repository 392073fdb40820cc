// SPDX-License-Identifier: MIT
/**
 * An endpoint goes down: its 100 entries are deleted from a connection table that holds many foreign ones, by sluice,
 * by `conntrack -D`, and (the walk alone) by having the kernel pick them in one go. CPU, time, and how long another
 * thread on the same processor waits for its turn. The process and its children have one processor, so that whatever
 * holds it is felt. In namespaces of its own: `npm run bench:connection-table`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ConnectionTable } from '../src/kernel/index.js';
import { makeConnections, type MadeConnection } from '../test/support/connections.js';
import { enterBench } from './kit/enter.js';
import { machine } from './kit/machine.js';
import { cpuMs, endedChildrenCpuMs } from './kit/process-cpu.js';
import { interleave } from './kit/rounds.js';
import { median, ratioOfPairs } from './kit/statistics.js';
import { table } from './kit/table.js';

const ROUNDS = 7;
const SIZES = [10_000, 200_000] as const;
const OWN = 100;
const member = { address: '10.9.2.2', port: 5353 } as const;
const filter = { protocol: 'udp', member } as const;

await enterBench(import.meta.url, 'conntrack');
execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '0', String(process.pid)], {
  stdio: 'ignore',
});
await using connections = new ConnectionTable();
const picker = new Worker(new URL('./connection-table/one-go.js', import.meta.url));

/** Each answers how many entries it has found. */
const ways = {
  sluice: () => connections.delete(filter),
  'conntrack -D': async () => {
    const { address, port } = member;
    const args = ['-D', '-p', 'udp', '--reply-src', address, '--reply-port-src', String(port)];
    const child = spawn('conntrack', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    await once(child, 'close');
    return Number(/(\d+) flow entries/.exec(said)?.[1] ?? 0);
  },
  'the kernel, in one go': async () => {
    picker.postMessage(filter);
    const [entries] = await once(picker, 'message');
    return Number(entries);
  },
};
type Way = keyof typeof ways;
const names = Object.keys(ways) as Way[];

interface Cost {
  readonly cpuMs: number;
  readonly tookMs: number;
  /** How late a timer of this thread came at worst. */
  readonly heldMs: number;
}

async function measure(way: Way): Promise<Cost> {
  makeConnections(
    entriesOf(OWN, { member: member.address, memberPort: member.port, frontend: '192.0.2.10' }),
  );
  let heldMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    heldMs = Math.max(heldMs, performance.now() - last - 1);
    last = performance.now();
  }, 1);
  const startedMs = performance.now();
  const before = cpuMs(process.pid) + endedChildrenCpuMs();
  const found = await ways[way]();
  const cost = cpuMs(process.pid) + endedChildrenCpuMs() - before;
  const tookMs = performance.now() - startedMs;
  clearInterval(timer);
  if (found !== OWN) throw new Error(`${way} found ${found} entries, not ${OWN}`);
  if (way === 'the kernel, in one go') await connections.delete(filter);
  return { cpuMs: cost, tookMs, heldMs };
}

function* entriesOf(count: number, rest: Partial<MadeConnection>): Generator<MadeConnection> {
  for (let index = 0; index < count; index += 1) {
    yield {
      protocol: 'udp',
      client: `10.${100 + (index >> 16)}.${(index >> 8) & 0xff}.${index & 0xff}`,
      clientPort: 1024 + (index % 60_000),
      frontend: '192.0.2.99',
      frontendPort: 53,
      member: '10.9.3.3',
      memberPort: 5353,
      ...rest,
    };
  }
}

const rows: string[][] = [];
let there = 0;
for (const size of SIZES) {
  makeConnections([...entriesOf(size, {})].slice(there));
  there = size;
  // What is not measured: the thread's start, and the compiler warming up.
  for (const way of names) await measure(way);
  const costs = await interleave(ROUNDS, names, measure);
  for (const way of names) {
    const of = (part: keyof Cost, digits: number): string =>
      median(costs[way].map((cost) => cost[part])).toFixed(digits);
    const ratio = ratioOfPairs(
      costs[way].map((cost) => cost.cpuMs),
      costs['conntrack -D'].map((cost) => cost.cpuMs),
    );
    rows.push([
      size.toLocaleString('en'),
      way,
      `${of('cpuMs', 0)} ms`,
      ratio.toFixed(2),
      `${of('tookMs', 0)} ms`,
      `${of('heldMs', 0)} ms`,
    ]);
  }
}
await picker.terminate();
console.log(machine('conntrack'));
console.log(`${OWN} entries of one endpoint among foreign ones; medians of ${ROUNDS} rounds`);
console.log(table(['foreign entries', 'way', 'CPU', 'x conntrack -D', 'time', 'another thread waits'], rows));
