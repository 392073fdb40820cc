// SPDX-License-Identifier: MIT
/**
 * What one slot's change costs at 10 and at 10,000 services with 4 slots each, by sluice's own netlink code and
 * by spawning `nft -f -` for the same elements. CPU of this process and its children, user and system; the two
 * ways take turns in one run. Runs in namespaces of its own: `npm run bench:slot-change`.
 */
import { execFileSync } from 'node:child_process';
import { enterNamespace } from '../test/kernel/namespace.js';
import { missing } from '../test/needs.js';
import { changeSet, never, nftablesBackend, virtual } from '../test/support/nftables.js';
import type { Backend } from '../src/plugin/api.js';
import type { VirtualService } from '../src/virtual-service.js';
import { machine } from './kit/machine.js';
import { cpuMs, endedChildrenCpuMs } from './kit/process-cpu.js';
import { median } from './kit/statistics.js';

const ROUNDS = 3;
const BY_NETLINK = 2000;
const BY_SPAWNING = 20;
const SIZES = [10, 10_000] as const;

await enterNamespace(import.meta.url);
for (const need of ['namespaces', 'nft', 'koffi'] as const) {
  const reason = missing(need);
  if (reason !== null) throw new Error(`this can't be measured here: ${reason}`);
}

interface Cost {
  /** CPU per change. */
  readonly cpuMs: number;
  /** Median time per change. */
  readonly medianMs: number;
}

interface Way {
  readonly name: string;
  readonly count: number;
  run(services: VirtualService[], index: number): Promise<void> | void;
}

const member = (index: number, slot: number): string => `10.${slot}.${index >> 8}.${index & 255}:8080`;

/** A service at its place, its slots beginning with the n-th member. */
function service(index: number, turn: number): VirtualService {
  const slots = [0, 1, 2, 3].map((slot) => member(index, slot === 0 ? turn % 4 : slot));
  return virtual(`192.${index >> 16}.${(index >> 8) & 255}.${index & 255}:80/tcp`, slots, {
    scheduler: 'random',
  });
}

/** Every change is of another service, all over the table, and gives its first slot to another member. */
function nextChange(
  services: VirtualService[],
  index: number,
): { before: VirtualService; after: VirtualService } {
  const place = (index * 7919) % services.length;
  const before = services[place]!;
  const turn = before.slots![0] === member(place, 0) ? 1 : 0;
  const after = service(place, turn);
  services[place] = after;
  return { before, after };
}

function waysOf(backend: Backend): readonly Way[] {
  return [
    {
      name: 'netlink',
      count: BY_NETLINK,
      run: async (services, index) => {
        const { before, after } = nextChange(services, index);
        const report = await backend.apply(changeSet([before], [after]), never);
        if (report.failed.length > 0) throw new Error(report.failed[0]!.message);
      },
    },
    {
      name: 'nft -f -',
      count: BY_SPAWNING,
      run: (services, index) => {
        const { before, after } = nextChange(services, index);
        execFileSync('nft', ['-f', '-'], { input: backend.render(changeSet([before], [after])) });
      },
    },
  ];
}

async function measure(way: Way, services: VirtualService[], first: number): Promise<Cost> {
  const times: number[] = [];
  const before = cpuWithChildrenMs();
  for (let count = 0; count < way.count; count += 1) {
    const startedMs = performance.now();
    await way.run(services, first + count);
    times.push(performance.now() - startedMs);
  }
  return { cpuMs: (cpuWithChildrenMs() - before) / way.count, medianMs: median(times) };
}

function cpuWithChildrenMs(): number {
  return cpuMs() + endedChildrenCpuMs();
}

const costs = new Map<string, Cost[]>();
for (let round = 0; round < ROUNDS; round += 1) {
  for (const size of SIZES) {
    const backend = await nftablesBackend();
    const services = Array.from({ length: size }, (_, index) => service(index, 0));
    const loaded = await backend.apply(changeSet([], services), never);
    if (loaded.failed.length > 0) throw new Error(loaded.failed[0]!.message);
    // What is not measured: the compiler warming up, and the garbage of the load.
    for (const way of waysOf(backend)) await measure(way, services, 0);
    for (const way of waysOf(backend)) {
      const list = costs.get(`${way.name} ${size}`) ?? [];
      costs.set(`${way.name} ${size}`, [...list, await measure(way, services, 100_000 * (round + 1))]);
    }
    await backend.release('withdraw', never);
  }
}

const typical = (name: string): Cost => {
  const list = costs.get(name)!;
  return {
    cpuMs: median(list.map((cost) => cost.cpuMs)),
    medianMs: median(list.map((cost) => cost.medianMs)),
  };
};
console.log(machine('nft'));
console.log(`one slot's change, random services x 4 slots; medians of ${ROUNDS} rounds`);
for (const size of SIZES) {
  for (const way of ['netlink', 'nft -f -']) {
    const { cpuMs, medianMs } = typical(`${way} ${size}`);
    const row = `${way.padEnd(9)} CPU ${cpuMs.toFixed(3).padStart(8)} ms  time ${medianMs.toFixed(3).padStart(8)} ms`;
    console.log(`${String(size).padStart(6)} services  ${row}`);
  }
}
const [small, large] = SIZES;
for (const size of SIZES) {
  const ratio = typical(`nft -f - ${size}`).cpuMs / typical(`netlink ${size}`).cpuMs;
  console.log(
    `spawning nft costs ${ratio.toFixed(0)} x the CPU at ${size} services (at least 20 is expected)`,
  );
}
const growth = typical(`netlink ${large}`).cpuMs / typical(`netlink ${small}`).cpuMs;
console.log(
  `netlink at ${large} services costs ${growth.toFixed(2)} x that at ${small} (at most 3 is expected)`,
);
