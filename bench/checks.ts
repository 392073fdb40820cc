// SPDX-License-Identifier: MIT
/**
 * What a health check costs: CPU of the whole checking program for each check that it really makes, sluice's beside
 * HAProxy's (and keepalived's, in user-mode Linux) on the same members, all in turns in one run.
 *
 *     npm run bench:checks                          everything
 *     npm run bench:checks -- tcp http              parts of it, see checks/parts.ts
 *     npm run bench:checks -- --rounds=1 --warm=3 --window=5    quicker, less sure
 *     npm run bench:checks -- tcp --profiles=DIR    with CPU profiles of sluice, which cost some CPU themselves
 */
import { parseArgs } from 'node:util';
import { succeed } from '../test/support/execute.js';
import { sluiceChecker } from './checks/checker.js';
import { measure, type Measured, type Times } from './checks/measure.js';
import { type Part, parts, type Way } from './checks/parts.js';
import { enterBench } from './kit/enter.js';
import { inGuest, isGuest } from './kit/guest.js';
import { machine } from './kit/machine.js';
import { HttpMembers } from './kit/http-members.js';
import { Members } from './kit/members.js';
import { missingPeer } from './kit/peers.js';
import { interleave } from './kit/rounds.js';
import { median, ratioOfPairs } from './kit/statistics.js';
import { table } from './kit/table.js';
import { loopbackTargets } from './kit/targets.js';

await enterBench(import.meta.url, 'haproxy', 'keepalived', 'linux.uml', 'modprobe', 'nft');

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    warm: { type: 'string' },
    window: { type: 'string' },
    profiles: { type: 'string' },
  },
});
/** What the command line says, else what the part needs, else the usual. */
function timesOf(part: Part): Times & { readonly rounds: number } {
  return {
    rounds: Number(given.rounds ?? part.rounds ?? 3),
    warmSeconds: Number(given.warm ?? part.warmSeconds ?? 5),
    windowSeconds: Number(given.window ?? part.windowSeconds ?? 10),
  };
}

async function measurePart(part: Part): Promise<void> {
  await using members = membersOf(part);
  const { ports } = loopbackTargets(part.services);
  await members.open(...ports.map((port) => ({ address: '0.0.0.0', port })));
  const { rounds, ...times } = timesOf(part);
  if (part.rules) await leaveRules(part);
  const names = Object.keys(part.ways).filter((name) => isHere(name, part.ways[name]!));
  const failed = new Map<string, string>();
  const results = await interleave(rounds, names, async (name) => {
    const way = part.ways[name]!;
    if (failed.has(name)) return null;
    try {
      await using checker = await way.start({ ...part, profiles: given.profiles });
      return await measure(checker, way.count, members, times);
    } catch (error) {
      failed.set(name, error instanceof Error ? error.message : String(error));
      return null;
    }
  });
  if (part.rules) await succeed('nft', ['flush', 'ruleset']);
  for (const [name, message] of failed) console.log(`left out: ${name}: ${message}`);
  report(
    part,
    new Map(names.filter((name) => !failed.has(name)).map((name) => [name, results[name] as Measured[]])),
  );
}

/** HAProxy's answer more requests a second than Node's; those are for where there is no HAProxy. */
function membersOf({ members }: Part): Members | HttpMembers {
  return members === 'http' && missingPeer('haproxy') === null ? new HttpMembers() : new Members(members);
}

/** Stopping keeps the rules, so that the peer checks under the same ones. */
async function leaveRules(part: Part): Promise<void> {
  await using _ = await sluiceChecker(part, { type: 'tcp' }, 'nftables');
}

function isHere(name: string, { peer }: Way): boolean {
  const reason = peer === undefined ? null : missingPeer(peer);
  if (reason !== null) console.log(`left out: ${name}: ${reason}`);
  return reason === null;
}

function report(part: Part, results: ReadonlyMap<string, readonly Measured[]>): void {
  const [first] = Object.keys(part.ways);
  const peer = results.get(first!)?.map(({ cpuUsPerCheck }) => cpuUsPerCheck);
  const rows = [...results].map(([name, measured]) => {
    const of = (pick: (one: Measured) => number): number => median(measured.map(pick));
    const costs = measured.map(({ cpuUsPerCheck }) => cpuUsPerCheck);
    const ratio = peer === undefined ? '' : ratioOfPairs(costs, peer).toFixed(2);
    const goal = part.ways[name]!.goal;
    const { lateness, ownShare } = measured.at(-1)!;
    return [
      name,
      of(({ cpuUsPerCheck }) => cpuUsPerCheck).toFixed(1),
      name === first ? '1' : ratio,
      goal === undefined ? '' : `<= ${goal}`,
      of(({ checksPerSecond }) => checksPerSecond).toFixed(0),
      Number.isNaN(ownShare) ? '' : ownShare.toFixed(2),
      String(Math.min(...measured.map(({ up }) => up))),
      of(({ residentMiB }) => residentMiB).toFixed(0),
      lateness === null
        ? ''
        : [lateness.p50, lateness.p99, lateness.max].map((ms) => ms.toFixed(0)).join(' / '),
    ];
  });
  const head = [
    'checker',
    'CPU us',
    'ratio',
    'goal',
    'checks/s',
    'own count',
    'up',
    'MiB',
    'late ms p50 / p99 / max',
  ];
  const count = part.services * 4;
  const { rounds, warmSeconds, windowSeconds } = timesOf(part);
  const how = `${rounds} rounds, ${windowSeconds} s measured after ${warmSeconds} s`;
  console.log(`\n${part.title}: ${count} members each ${part.intervalMs} ms; ${how}\n\n${table(head, rows)}`);
}

const wanted = positionals.length > 0 ? positionals : Object.keys(parts);
if (!isGuest()) console.log(machine('haproxy', 'keepalived', 'linux.uml', 'nft'));
for (const name of wanted) {
  const part = parts[name];
  if (part === undefined) throw new Error(`no part ${name}: ${Object.keys(parts).join(', ')}`);
  if (part.guest && !isGuest())
    await inGuest(import.meta.url, [name, ...process.argv.slice(2).filter((word) => word.startsWith('--'))]);
  else await measurePart(part);
}
