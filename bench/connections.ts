// SPDX-License-Identifier: MIT
/**
 * New connections through the rules: how many a second, and CPU for each, with 2 and with 10,000 services, beside
 * nftlb's rules for the same farm, and beside plain routing. In namespaces: client, balancer, member.
 */
import { Lab } from '../test/kernel/lab.js';
import { addressOf, loadNftlb, loadSluice, PORTS, unload } from './connections/rules.js';
import { Member, type Traffic } from './connections/traffic.js';
import { enterBench } from './kit/enter.js';
import { machine } from './kit/machine.js';
import { missingPeer, type Peer } from './kit/peers.js';
import { interleave } from './kit/rounds.js';
import { median, ratioOfPairs } from './kit/statistics.js';
import { table } from './kit/table.js';

const ROUNDS = 7;
/** As many farms as nftlb can be given within a second. */
const NFTLB_MANY = 100;
const peers: readonly Peer[] = ['nft', 'wrk', 'haproxy', 'nftlb'];

interface Way {
  readonly services: number;
  /** The way that it is held against. */
  readonly beside: string;
  load(member: string): Promise<void> | void;
}

const sluice = (services: number, scheduler: string, beside: string): Way => ({
  services,
  beside,
  load: (member) => loadSluice(services, scheduler, member),
});
const nftlb = (services: number): Way => ({
  services,
  beside: 'nftlb rr, 2',
  load: (member) => loadNftlb(services, member),
});

const ways: Readonly<Record<string, Way>> = {
  'routing alone': { services: 0, beside: 'routing alone', load: () => undefined },
  'sluice random, 2': sluice(2, 'random', 'sluice random, 2'),
  'sluice random, 10,000': sluice(10_000, 'random', 'sluice random, 2'),
  'sluice round-robin, 2': sluice(2, 'round-robin', 'sluice round-robin, 2'),
  'sluice round-robin, 10,000': sluice(10_000, 'round-robin', 'sluice round-robin, 2'),
  ...(missingPeer('nftlb') === null
    ? { 'nftlb rr, 2': nftlb(2), [`nftlb rr, ${NFTLB_MANY}`]: nftlb(NFTLB_MANY) }
    : {}),
};

await enterBench(import.meta.url, ...peers);

await using lab = await Lab.create({ hosts: ['client', 'member'] });
const host = lab.host('member');
await using member = await Member.start(host, lab.client);

async function measure(name: string): Promise<Traffic> {
  const way = ways[name]!;
  await way.load(host.address);
  try {
    const last = way.services - 1;
    const url = last < 0 ? `http://${host.address}:${PORTS[0]}/` : `http://${addressOf(last)}/`;
    return await member.traffic(lab.client, url);
  } finally {
    await unload();
  }
}

const names = Object.keys(ways);
const measured = await interleave(ROUNDS, names, measure);
const rates = (name: string): number[] => measured[name]!.map(({ perSecond }) => perSecond);
const costs = (name: string): number[] => measured[name]!.map(({ cpuUs }) => cpuUs);
const rows = names.map((name) => {
  const { beside } = ways[name]!;
  const beyond = (other: string): string => {
    if (measured[other] === undefined || other === name) return '';
    return `${ratioOfPairs(costs(name), costs(other)).toFixed(3)} x`;
  };
  return [
    name,
    median(rates(name)).toFixed(0),
    `${median(costs(name)).toFixed(1)} µs`,
    beyond(beside),
    name.startsWith('sluice') ? beyond('nftlb rr, 2') : '',
  ];
});
process.stdout.write(`${machine(...peers)}\n\n`);
process.stdout.write(
  `${table(['rules, services', 'connections a second', 'CPU each', 'beside 2 services', 'beside nftlb'], rows)}\n`,
);
