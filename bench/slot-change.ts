// SPDX-License-Identifier: MIT
/**
 * What a verdict costs until the kernel's rules follow it, in the whole daemon with 10 and with 10,000 services of 4
 * members: CPU, and time from the verdict to the commit. Against `nft -f -` for the same change on the same table.
 * And a rack that goes down with a member in 1,000 services at once.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { NETLINK_NETFILTER, NetlinkSocket, readGeneration } from '../src/kernel/index.js';
import { tempDirectory } from '../test/support/temp-directory.js';
import { until } from '../test/support/until.js';
import { enterBench } from './kit/enter.js';
import { machine } from './kit/machine.js';
import { cpuMs } from './kit/process-cpu.js';
import { interleave } from './kit/rounds.js';
import { Sluice } from './kit/sluice.js';
import { median, percentile, ratioOfPairs } from './kit/statistics.js';
import { table } from './kit/table.js';
import type { Order, Report } from './slot-change/flip-check.js';
import { type Site, siteOf } from './slot-change/site.js';
import { spawnedCpuMs } from './slot-change/spawned.js';

const ROUNDS = 3;
const PHASE_MS = 8_000;
const SPAWNED = 40;
const SCHEDULERS = ['random', 'source-hash', 'round-robin'] as const;
const SIZES = [10, 10_000] as const;

await enterBench(import.meta.url, 'nft');

interface Measured {
  readonly cpuMs: number;
  readonly latenciesMs: readonly number[];
  readonly spawnedCpuMs: number;
  readonly racks: readonly (NonNullable<Report['rack']> & { readonly commits: number })[];
}

async function measure(services: number, scheduler: string): Promise<Measured> {
  using directory = tempDirectory();
  const socket = join(directory.path, 'flip.sock');
  const site = siteOf(services, scheduler, socket);
  const sluice = await Sluice.start(site.config, { deadlineMs: 180_000 });
  try {
    await settled(sluice, site);
    await order(socket, 'rest');
    const idle = await phase(sluice, socket);
    await order(socket, 'flip');
    // What is not measured: the compiler warming up.
    await phase(sluice, socket);
    await order(socket, 'flip');
    const busy = await phase(sluice, socket);
    await order(socket, 'rest');
    const racks: Measured['racks'][number][] = [];
    if (site.rack > 0) {
      for (const word of ['rack-down', 'rack-up', 'rack-down'] as const) racks.push(await rack(socket, word));
    }
    await sluice.stop();
    const spawned = await spawnedCpuMs(SPAWNED);
    const probes = (busy.probes / idle.probes) * idle.cpuMs;
    return {
      cpuMs: (busy.cpuMs - probes) / busy.latenciesMs.length,
      latenciesMs: busy.latenciesMs,
      spawnedCpuMs: spawned,
      racks,
    };
  } finally {
    await sluice.stop();
    execFileSync('nft', ['flush', 'ruleset']);
  }
}

/** Every member has passed, and the rules say so. */
async function settled(sluice: Sluice, site: Site): Promise<void> {
  await until(
    async () => {
      const { clusters, backends } = await sluice.status();
      const services = clusters.flatMap((cluster) => cluster.services);
      return (
        services.length === site.services &&
        services.every(({ state }) => state === 'up') &&
        backends.every(({ converged }) => converged)
      );
    },
    { deadlineMs: 120_000, everyMs: 1_000, what: 'a daemon that has settled' },
  );
}

async function phase(sluice: Sluice, socket: string): Promise<Report & { readonly cpuMs: number }> {
  const before = cpuMs(sluice.pid);
  await setTimeout(PHASE_MS);
  const report = await order(socket, 'report');
  return { ...report!, cpuMs: cpuMs(sluice.pid) - before };
}

async function rack(socket: string, word: Order): Promise<Measured['racks'][number]> {
  using kernel = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  const before = await readGeneration(kernel);
  await order(socket, word);
  // A probe comes, and a second later all that follows from it is done.
  await setTimeout(2_000);
  const report = await order(socket, 'report');
  if (report?.rack == null) throw new Error('the rack has not changed within two seconds');
  return { ...report.rack, commits: (await readGeneration(kernel)) - before };
}

async function order(socket: string, word: Order): Promise<Report | null> {
  const connection = createConnection(socket);
  await once(connection, 'connect');
  connection.write(word);
  let text = '';
  for await (const chunk of connection.setEncoding('utf8')) text += chunk as string;
  return JSON.parse(text) as Report | null;
}

const ways = SCHEDULERS.flatMap((scheduler) => SIZES.map((size) => `${scheduler} ${size}` as const));
const measured = await interleave(ROUNDS, ways, async (way) => {
  const [scheduler = '', size] = way.split(' ');
  const one = await measure(Number(size), scheduler);
  process.stderr.write(
    `${way}: ${one.latenciesMs.length} changes, ${one.cpuMs.toFixed(3)} ms, p50 ${median(one.latenciesMs).toFixed(2)} ms\n`,
  );
  return one;
});

const rows = ways.map((way) => {
  const rounds = measured[way];
  const own = rounds.map((round) => round.cpuMs);
  const spawned = rounds.map((round) => round.spawnedCpuMs);
  const all = rounds.flatMap(({ latenciesMs }) => latenciesMs);
  const [scheduler = '', size] = way.split(' ');
  return [
    `${scheduler}, ${Number(size).toLocaleString('en')}`,
    `${median(own).toFixed(3)} ms`,
    `${median(spawned).toFixed(1)} ms`,
    `${ratioOfPairs(spawned, own).toFixed(0)} x`,
    `${median(all).toFixed(2)} ms`,
    `${percentile(all, 99).toFixed(1)} ms`,
  ];
});
process.stdout.write(`${machine('nft')}\n\n`);
process.stdout.write(
  `${table(['scheduler, services', 'CPU per change', 'by `nft -f -`', 'ratio', 'verdict to commit p50', 'p99'], rows)}\n\n`,
);
const [small, large] = [measured['random 10'], measured['random 10000']];
const growth = ratioOfPairs(
  large.map((round) => round.cpuMs),
  small.map((round) => round.cpuMs),
);
process.stdout.write(`random: 10,000 services cost ${growth.toFixed(2)} x the CPU of 10\n\n`);
const rackRows = SCHEDULERS.map((scheduler) => {
  const racks = measured[`${scheduler} 10000`].flatMap((round) => round.racks);
  return [
    scheduler,
    `${median(racks.map(({ tookMs }) => tookMs)).toFixed(0)} ms`,
    `${median(racks.map(({ longestTurnMs }) => longestTurnMs)).toFixed(0)} ms`,
    median(racks.map(({ applies }) => applies)).toFixed(0),
    median(racks.map(({ commits }) => commits)).toFixed(0),
  ];
});
process.stdout.write(
  `${table(['rack of 1,000', 'to the last commit', 'longest turn', 'applies', 'transactions'], rackRows)}\n`,
);
