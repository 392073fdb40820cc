// SPDX-License-Identifier: MIT
/**
 * Loads 10,000 services with 4 members each by the daemon itself, from the config file to the rules in a kernel,
 * reloads them without a change and has them shown, in namespaces of its own: time, memory, and how long the event
 * loop was held at worst. `npm run bench:load -- random` measures one of the two schedulers.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ControlClient } from '../src/cli/client.js';
import { NETLINK_NETFILTER, NetlinkSocket, readGeneration } from '../src/kernel/index.js';
import type { Status } from '../src/status.js';
import { enterNamespace, isInside } from '../test/kernel/namespace.js';
import { missing } from '../test/needs.js';
import type { LoopHold } from './loop-delay.js';
import { succeed } from '../test/support/execute.js';
import { tempDirectory } from '../test/support/temp-directory.js';
import { until } from '../test/support/until.js';

const serviceCount = 10_000;
const bin = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));
const loopDelay = new URL('./loop-delay.js', import.meta.url).href;

/** Without checks: what is measured is the way of a configuration, and checks would wait for their first pass. */
function configText(directory: string, scheduler: string): string {
  const clusters = Array.from({ length: serviceCount }, (_, nth) => {
    const [high, low] = [nth >> 8, nth & 255];
    const members = Object.fromEntries([1, 2, 3, 4].map((last) => [`m${last}`, `10.${high}.${low}.${last}`]));
    return [`c${nth}`, { members, services: { web: { listen: `100.64.${high}.${low}:80`, port: 8080 } } }];
  });
  return JSON.stringify(
    {
      control: { socket: join(directory, 'control.sock') },
      state: { directory: join(directory, 'state') },
      log: { level: 'warn', format: 'json' },
      defaults: { scheduler, check: 'none' },
      clusters: Object.fromEntries(clusters),
    },
    null,
    1,
  );
}

/** Resolves when the daemon tells that it has changed the kernel's rules for all services. */
async function applied(socketPath: string, daemon: ChildProcess): Promise<void> {
  const response = await until(
    () => {
      if (daemon.exitCode !== null) process.exit(1);
      return new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
        request({ socketPath, path: '/v1/events' }, resolve).on('error', reject).end();
      });
    },
    { deadlineMs: 60_000, everyMs: 50, what: 'a daemon that answers' },
  );
  // A big load is applied, and told of, in parts.
  let changed = 0;
  for await (const line of createInterface({ input: response })) {
    if (!line.startsWith('data:')) continue;
    const event = JSON.parse(line.slice(5)) as { readonly kind: string; readonly message: string };
    if (event.kind === 'apply') changed += Number.parseInt(event.message, 10);
    if (changed >= serviceCount) break;
  }
  response.destroy();
}

function residentMiB(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(text)?.[1]) / 1024;
}

async function measure(scheduler: string): Promise<void> {
  using directory = tempDirectory();
  const file = join(directory.path, 'sluice.yaml');
  const loopFile = join(directory.path, 'loop.json');
  writeFileSync(file, configText(directory.path, scheduler));

  const beforeValidate = performance.now();
  await succeed(process.execPath, [bin, 'validate', file], { timeoutMs: 120_000 });
  const validateMs = performance.now() - beforeValidate;

  const start = performance.now();
  const daemon = spawn(process.execPath, ['--import', loopDelay, bin, 'run', '-c', file], {
    stdio: 'inherit',
    env: { ...process.env, SLUICE_BENCH_LOOP: loopFile },
  });
  await applied(join(directory.path, 'control.sock'), daemon);
  const loadMs = performance.now() - start;
  const [rss, peak] = [residentMiB(daemon.pid!, 'VmRSS'), residentMiB(daemon.pid!, 'VmHWM')];

  const control = new ControlClient(join(directory.path, 'control.sock'));
  const before = await generation();
  const reloadAt = performance.now();
  await control.send('POST', '/v1/reload');
  await until(
    async () => (await control.get<Status>('/v1/status')).backends.every(({ converged }) => converged),
    {
      deadlineMs: 60_000,
      everyMs: 50,
      what: 'a daemon that has converged',
    },
  );
  const reloadMs = performance.now() - reloadAt;
  const transactions = (await generation()) - before;
  const shown: string[] = [];
  for (const path of ['/v1/status', '/v1/endpoints/c5000/web/m1', '/v1/plan']) {
    const askedAt = performance.now();
    await control.get(path);
    shown.push(`${path} ${(performance.now() - askedAt).toFixed(0)} ms`);
  }
  const ended = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  await ended;
  const holds = JSON.parse(readFileSync(loopFile, 'utf8')) as LoopHold[];
  const rules = await succeed('nft', ['list', 'map', 'inet', 'sluice', 'svc4'], { timeoutMs: 120_000 });
  const held = rules.split('goto').length - 1;
  if (held !== serviceCount) throw new Error(`the kernel holds ${held} services`);
  await succeed('nft', ['delete', 'table', 'inet', 'sluice'], { timeoutMs: 120_000 });

  const figures = [
    `validate ${(validateMs / 1000).toFixed(1)} s`,
    `start to rules in the kernel ${(loadMs / 1000).toFixed(1)} s`,
    `resident ${rss.toFixed(0)} MiB (peak ${peak.toFixed(0)})`,
    `longest holds of the event loop ${longest(holds, 0, reloadAt - start)}`,
    `reload without a change ${(reloadMs / 1000).toFixed(1)} s with ${transactions} transactions`,
    `answers ${shown.join(', ')}`,
    `longest holds of the reload ${longest(holds, reloadAt - start, reloadAt - start + reloadMs)}`,
  ];
  process.stdout.write(`${serviceCount} ${scheduler} services x 4: ${figures.join(', ')}\n`);
}

/** The ruleset's: every transaction of anybody makes another. */
async function generation(): Promise<number> {
  using kernel = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  return await readGeneration(kernel);
}

/** The three longest that began in that time since the daemon's start. */
function longest(holds: readonly LoopHold[], fromMs: number, toMs: number): string {
  return holds
    .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
    .toSorted((a, b) => b.lastedMs - a.lastedMs)
    .slice(0, 3)
    .map(({ lastedMs, atMs }) => `${lastedMs.toFixed(0)} ms at ${(atMs / 1000).toFixed(1)} s`)
    .join(', ');
}

await enterNamespace(import.meta.url);
if (isInside()) {
  const [only] = process.argv.slice(2);
  for (const scheduler of only === undefined ? ['random', 'round-robin'] : [only]) await measure(scheduler);
} else {
  process.stderr.write(`cannot measure: ${missing('namespaces')}\n`);
  process.exitCode = 1;
}
