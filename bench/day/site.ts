// SPDX-License-Identifier: MIT
/** The site whose day it is: 250 services of four members each, of every kind that nftables deals by itself. */
import type { Target } from '../kit/targets.js';

export const serviceCount = 250;
/** The id of an endpoint: `service` is a place among the services, `member` one among its members. */
export function endpointId(service: number, member: number): string {
  return `c${service}/s/m${member}`;
}

/** The members' addresses, in the namespace `members` of the lab. */
export const addresses = ['10.9.2.11', '10.9.2.12', '10.9.2.13', '10.9.2.14'] as const;
const FIRST_PORT = 10_000;
const FIRST_LISTEN = 1000;
const schedulers = ['random', 'round-robin', 'source-hash'] as const;

export interface Service {
  readonly id: string;
  readonly listen: Target;
  readonly members: readonly Target[];
}

export function services(vip: string): Service[] {
  return Array.from({ length: serviceCount }, (_, nth) => ({
    id: `c${nth}/s`,
    listen: { address: vip, port: FIRST_LISTEN + nth },
    members: addresses.map((address) => ({ address, port: FIRST_PORT + nth })),
  }));
}

export function configuration(vip: string): object {
  const members = Object.fromEntries(addresses.map((address, nth) => [`m${nth}`, address]));
  const clusters = services(vip).map(({ listen, members: [{ port } = listen] }, nth) => {
    const service = { listen: `${vip}:${listen.port}`, port, scheduler: schedulers[nth % schedulers.length] };
    return [`c${nth}`, { members, services: { s: service } }];
  });
  const check = { type: 'tcp', interval: '1s', timeout: '500ms', fast_interval: '250ms', rise: 2, fall: 2 };
  return { defaults: { backend: 'nftables', check }, clusters: Object.fromEntries(clusters) };
}

export function keyOf({ address, port }: Target): string {
  return `${address}:${port}`;
}
