// SPDX-License-Identifier: MIT
/**
 * What a command check costs: flat out through the check itself, one shell as co-process beside a process for each
 * probe, and beside what the pipes alone cost. And how long the start of a process holds the event loop.
 *
 *     npm run bench:commands [-- ROUNDS]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import command from '../plugins/check-command/index.js';
import type { CheckOutcome, CheckTarget, Prober } from '../src/plugin/api.js';
import { testContext } from '../src/testing.js';
import { interleave } from './kit/rounds.js';
import { machine } from './kit/machine.js';
import { childrenOf, cpuMs, endedChildrenCpuMs } from './kit/process-cpu.js';
import { median, percentile, ratioOfPairs } from './kit/statistics.js';
import { table } from './kit/table.js';

const CHECKS = 20_000;
const SPAWNED = 200;
const AT_ONCE = 100;
const PROCESSES = 16;
/** Resident memory of a daemon of 10,000 services, see bench:load. */
const LARGE_MB = 200;

const one = ['sh', '-c', 'while read address port; do echo pass; done'];
const numbered = ['sh', '-c', 'while read id address port; do echo "$id pass"; done'];

interface Cost {
  readonly ownUs: number;
  readonly childUs: number;
  readonly perSecond: number;
}

const ways = {
  'pipes, a line at a time': () => pipes(1),
  [`pipes, ${AT_ONCE} lines at a time`]: () => pipes(AT_ONCE),
  'persistent, one question at a time': () => persistent(one, 1),
  [`persistent, \`concurrency: ${AT_ONCE}\``]: () => persistent(numbered, AT_ONCE),
  'a process for each probe': spawned,
} as const;
type WayName = keyof typeof ways;

async function pipes(lines: number): Promise<Cost> {
  const child = spawn('sh', one.slice(1), { stdio: ['pipe', 'pipe', 'ignore'] });
  const text = '10.0.0.1 8080\n'.repeat(lines);
  const answers = 'pass\n'.length * lines;
  const cost = await costOf(CHECKS, [child.pid!], async () => {
    await new Promise<void>((resolve) => {
      let left = CHECKS / lines;
      let bytes = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes < answers) return;
        bytes = 0;
        left -= 1;
        if (left > 0) child.stdin.write(text);
        else resolve();
      });
      child.stdin.write(text);
    });
  });
  child.stdin.end();
  await once(child, 'close');
  return cost;
}

async function persistent(argv: string[], concurrency: number): Promise<Cost> {
  const options = { command: argv, persistent: true, concurrency, weight: false };
  const prober = await command.create(testContext(), options);
  await prober.probe(target(1), new AbortController().signal);
  const cost = await costOf(CHECKS, childrenOf(process.pid), () => sweep(prober));
  await prober[Symbol.asyncDispose]?.();
  return cost;
}

/** All checks, in batches of targets that came due together; the next when all of one are answered. */
async function sweep(prober: Prober): Promise<void> {
  let done = 0;
  let wake = (): void => {};
  async function* batches(): AsyncGenerator<readonly CheckTarget[]> {
    for (let asked = 0; asked < CHECKS; asked += AT_ONCE) {
      const answered = new Promise<void>((resolve) => {
        wake = resolve;
      });
      yield Array.from({ length: AT_ONCE }, (_, nth) => target(1 + nth));
      await answered;
    }
  }
  const report = (_: CheckTarget, outcome: CheckOutcome): void => {
    if (outcome.verdict !== 'pass') throw new Error(outcome.reason);
    done += 1;
    if (done % AT_ONCE === 0) wake();
  };
  await prober.probeMany!(batches(), report, new AbortController().signal);
}

async function spawned(): Promise<Cost> {
  const prober = await command.create(testContext(), { command: ['true'], persistent: false, weight: false });
  return costOf(SPAWNED, [], async () => {
    let next = 0;
    await Promise.all(
      Array.from({ length: PROCESSES }, async () => {
        while (next++ < SPAWNED) {
          const { verdict, reason } = await prober.probe(target(1), new AbortController().signal);
          if (verdict !== 'pass') throw new Error(reason);
        }
      }),
    );
  });
}

/** What `run` costs this process, and the children that live or end meanwhile, for each of its checks. */
async function costOf(checks: number, children: readonly number[], run: () => Promise<void>): Promise<Cost> {
  const ofChildren = (): number =>
    children.reduce((sum, pid) => sum + cpuMs(pid), endedChildrenCpuMs(process.pid));
  const [ownMs, childMs, startedMs] = [cpuMs(process.pid), ofChildren(), performance.now()];
  await run();
  const tookMs = performance.now() - startedMs;
  return {
    ownUs: ((cpuMs(process.pid) - ownMs) * 1000) / checks,
    childUs: ((ofChildren() - childMs) * 1000) / checks,
    perSecond: (checks * 1000) / tookMs,
  };
}

function target(port: number): CheckTarget {
  const where = {
    address: '10.0.0.1',
    family: 4,
    port,
    protocol: 'tcp',
    source: null,
    fwmark: null,
  } as const;
  return { endpoint: 'bench/service/member', ...where, timeoutMs: 10_000, trace: false };
}

/** How long the start of a process holds the event loop, as it is and with so much more in memory. */
async function holds(moreMb: number): Promise<string[]> {
  const more = Buffer.alloc(moreMb * 1_000_000, 1);
  const heldMs: number[] = [];
  for (let nth = 0; nth < 50; nth += 1) {
    const startedMs = performance.now();
    const child: ChildProcess = spawn('true', { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    heldMs.push(performance.now() - startedMs);
    child.stdout?.resume();
    child.stderr?.resume();
    await once(child, 'close');
  }
  const resident = Math.round(process.memoryUsage().rss / 1_000_000);
  return [`${more.length / 1_000_000} MB`, `${resident} MB`, ms(median(heldMs)), ms(percentile(heldMs, 95))];
}

const ms = (value: number): string => value.toFixed(1);

const rounds = Number(process.argv[2] ?? 5);
console.log(`${machine()}; ${rounds} rounds, medians\n`);
const names = Object.keys(ways) as WayName[];
const costs = await interleave(rounds, names, (name) => ways[name]());
const floor = costs[names[0]!].map(({ ownUs }) => ownUs);
const rows = names.map((name) => {
  const of = (pick: (cost: Cost) => number): number => median(costs[name].map(pick));
  const ratio = ratioOfPairs(
    costs[name].map(({ ownUs }) => ownUs),
    floor,
  );
  return [
    name,
    of(({ ownUs }) => ownUs).toFixed(1),
    ratio.toFixed(2),
    of(({ childUs }) => childUs).toFixed(1),
    of(({ perSecond }) => perSecond).toFixed(0),
  ];
});
console.log(table(['way', 'CPU us', 'ratio', 'CPU us of the command', 'checks/s'], rows));
console.log(`\nThe start of a process holds the event loop, ms\n`);
console.log(table(['more in memory', 'resident', 'median', 'p95'], [await holds(0), await holds(LARGE_MB)]));
