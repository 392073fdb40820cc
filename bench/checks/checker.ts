// SPDX-License-Identifier: MIT
import type { ProbingStatus } from '../../src/status.js';
import { Haproxy, type HaproxyChecks } from '../kit/haproxy.js';
import { Keepalived } from '../kit/keepalived.js';
import { Sluice } from '../kit/sluice.js';
import { loopbackClusters, loopbackTargets } from '../kit/targets.js';

/** A program that checks members, at work. */
export interface Checker extends AsyncDisposable {
  readonly pid: number;
  /** How many members it holds to be up. */
  up(): Promise<number>;
  /** What it says itself; null where it says nothing. */
  ownCount(): Promise<ProbingStatus | null>;
}

/** What is to be checked, and how often; every program gets the same. */
export interface Beat {
  /** Of four members each. */
  readonly services: number;
  readonly intervalMs: number;
  /** Where sluice leaves CPU profiles. */
  readonly profiles?: string | undefined;
}

/** The longest that a check may take. */
const MOST_TIMEOUT_MS = 1000;

/** The whole daemon, by default on the engine that needs no kernel: its members get no traffic. */
export async function sluiceChecker(
  { services, intervalMs, profiles }: Beat,
  check: object,
  backend: 'proxy' | 'nftables' = 'proxy',
): Promise<Checker> {
  const timeoutMs = Math.min(intervalMs, MOST_TIMEOUT_MS);
  const sluice = await Sluice.start(
    {
      defaults: { backend, check: { ...check, interval: `${intervalMs}ms`, timeout: `${timeoutMs}ms` } },
      clusters: loopbackClusters(services),
    },
    {
      deadlineMs: 120_000,
      nodeArgs: profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`],
    },
  );
  return {
    pid: sluice.pid,
    async up() {
      const { clusters } = await sluice.status();
      const endpoints = clusters.flatMap((cluster) =>
        cluster.services.flatMap((service) => service.endpoints),
      );
      return endpoints.filter(({ state }) => state === 'up').length;
    },
    async ownCount() {
      return (await sluice.status()).probing;
    },
    [Symbol.asyncDispose]: () => sluice.stop(),
  };
}

/** HAProxy's checks with one thread. */
export async function haproxyChecker(
  { services, intervalMs }: Beat,
  more: Pick<HaproxyChecks, 'lines' | 'server'> = {},
): Promise<Checker> {
  const { targets } = loopbackTargets(services);
  const timeoutMs = Math.min(intervalMs, MOST_TIMEOUT_MS);
  const haproxy = await Haproxy.start({ targets, intervalMs, timeoutMs, ...more });
  return {
    pid: haproxy.pid,
    up: () => haproxy.up(),
    ownCount: () => Promise.resolve(null),
    [Symbol.asyncDispose]: () => haproxy[Symbol.asyncDispose](),
  };
}

/** keepalived's TCP_CHECK: only where there is IPVS. */
export async function keepalivedChecker({ services, intervalMs }: Beat): Promise<Checker> {
  const timeoutMs = Math.min(intervalMs, MOST_TIMEOUT_MS);
  const keepalived = await Keepalived.start({ services, intervalMs, timeoutMs });
  return {
    pid: keepalived.pid,
    up: () => keepalived.up(),
    ownCount: () => Promise.resolve(null),
    [Symbol.asyncDispose]: () => keepalived[Symbol.asyncDispose](),
  };
}
