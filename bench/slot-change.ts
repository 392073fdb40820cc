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
const PHASE_MS = 4_000;
const SPAWNED = 40;
const SCHEDULERS = ['random', 'source-hash', 'round-robin'] as const;
const SIZES = [10, 10_000] as const;

const ways = SCHEDULERS.flatMap((scheduler) => SIZES.map((size) => `${scheduler} ${size}` as const));
type Way = (typeof ways)[number];

await enterBench(import.meta.url, 'nft');

interface Cost {
  readonly cpuMs: number;
  readonly spawnedCpuMs: number;
}

interface Promptness {
  readonly latenciesMs: readonly number[];
  readonly racks: readonly (NonNullable<Report['rack']> & { readonly commits: number })[];
}

/** A daemon that has settled; then whatever is measured in it; its rules stay behind until the end. */
async function withDaemon<T>(
  way: Way,
  watch: boolean,
  run: (sluice: Sluice, socket: string, site: Site) => Promise<T>,
): Promise<T> {
  const [scheduler = '', services] = way.split(' ');
  using directory = tempDirectory();
  const socket = join(directory.path, 'flip.sock');
  const site = siteOf(Number(services), scheduler, socket, watch);
  const sluice = await Sluice.start(site.config, { deadlineMs: 180_000 });
  try {
    await settled(sluice, site);
    return await run(sluice, socket, site);
  } finally {
    await sluice.stop();
    execFileSync('nft', ['flush', 'ruleset']);
  }
}

const costOf = (way: Way): Promise<Cost> =>
  withDaemon(way, false, async (sluice, socket) => {
    await order(socket, 'rest');
    const idle = await phase(sluice, socket);
    // What is not measured: the compiler warming up.
    await order(socket, 'flip');
    await phase(sluice, socket);
    await order(socket, 'flip');
    const busy = await phase(sluice, socket);
    await order(socket, 'rest');
    await sluice.stop();
    const probesMs = (busy.probes / idle.probes) * idle.cpuMs;
    return { cpuMs: (busy.cpuMs - probesMs) / busy.flips, spawnedCpuMs: await spawnedCpuMs(SPAWNED) };
  });

const promptnessOf = (way: Way): Promise<Promptness> =>
  withDaemon(way, true, async (sluice, socket, site) => {
    await order(socket, 'flip');
    await phase(sluice, socket);
    await order(socket, 'flip');
    const { latenciesMs } = await phase(sluice, socket);
    await order(socket, 'rest');
    const racks: Promptness['racks'][number][] = [];
    const words = site.rack === 0 ? [] : (['rack-down', 'rack-up', 'rack-down', 'rack-up'] as const);
    for (const word of words) racks.push(await rack(socket, word));
    return { latenciesMs, racks };
  });

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
    { deadlineMs: 120_000, everyMs: 2_000, what: 'a daemon that has settled' },
  );
}

async function phase(sluice: Sluice, socket: string): Promise<Report & { readonly cpuMs: number }> {
  const before = cpuMs(sluice.pid);
  await setTimeout(PHASE_MS);
  const report = await order(socket, 'report');
  return { ...report!, cpuMs: cpuMs(sluice.pid) - before };
}

async function rack(socket: string, word: Order): Promise<Promptness['racks'][number]> {
  using kernel = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  const before = await readGeneration(kernel);
  await order(socket, word);
  const report = await until(async () => (await order(socket, 'report'))?.rack, {
    deadlineMs: 60_000,
    everyMs: 100,
    what: 'a rack that has changed',
  });
  return { ...report, commits: (await readGeneration(kernel)) - before };
}

async function order(socket: string, word: Order): Promise<Report | null> {
  const connection = createConnection(socket);
  await once(connection, 'connect');
  connection.write(word);
  let text = '';
  for await (const chunk of connection.setEncoding('utf8')) text += chunk as string;
  return JSON.parse(text) as Report | null;
}

const costs = await interleave(ROUNDS, ways, async (way) => {
  const cost = await costOf(way);
  process.stderr.write(`${way}: ${cost.cpuMs.toFixed(3)} ms, spawned ${cost.spawnedCpuMs.toFixed(1)} ms\n`);
  return cost;
});
const promptness = await interleave(1, ways, promptnessOf);

const own = (way: Way): number[] => costs[way].map(({ cpuMs: ms }) => ms);
const spawned = (way: Way): number[] => costs[way].map(({ spawnedCpuMs: ms }) => ms);
const rows = ways.map((way) => {
  const latenciesMs = promptness[way].flatMap((round) => round.latenciesMs);
  return [
    way.replace(' ', ', ').replace('10000', '10,000'),
    `${median(own(way)).toFixed(3)} ms`,
    `${median(spawned(way)).toFixed(1)} ms`,
    `${ratioOfPairs(spawned(way), own(way)).toFixed(0)} x`,
    `${median(latenciesMs).toFixed(2)} ms`,
    `${percentile(latenciesMs, 99).toFixed(1)} ms`,
  ];
});
process.stdout.write(`${machine('nft')}\n\n`);
process.stdout.write(
  `${table(['scheduler, services', 'CPU per change', 'by `nft -f -`', 'ratio', 'verdict to commit p50', 'p99'], rows)}\n\n`,
);
const growth = ratioOfPairs(own('random 10000'), own('random 10'));
process.stdout.write(`random: 10,000 services cost ${growth.toFixed(2)} x the CPU of 10\n\n`);
const rackRows = SCHEDULERS.map((scheduler) => {
  const racks = promptness[`${scheduler} 10000`].flatMap((round) => round.racks);
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
