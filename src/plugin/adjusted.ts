// SPDX-License-Identifier: MIT
/** What `adjustDesired` may do: leave services out, and change their members. All else is the configuration's. */
import { isIP } from 'node:net';
import { equalData } from '../desired/equal.js';
import { isRecord } from '../is-record.js';
import { serverKey, type RealServer, type VirtualService } from '../virtual-service.js';

const MOST_WEIGHT = 256;
const FIXED = [
  'service',
  'frontend',
  'scheduler',
  'forwarding',
  'sourceNat',
  'persistence',
  'rescue',
  'limits',
] as const satisfies readonly (keyof VirtualService)[];

type Known = ReadonlyMap<string, VirtualService>;

/**
 * The services a tap answered, taken over field by field, or what is wrong with them, as the end of the
 * sentence "returned …". Slots are not a plugin's to deal: they stay as they were.
 * @param known the services before any tap, by key
 */
export function readAdjusted(answer: unknown, known: Known): readonly VirtualService[] | string {
  if (!Array.isArray(answer)) return 'no list of services';
  const services: VirtualService[] = [];
  const seen = new Set<string>();
  for (const item of answer as readonly unknown[]) {
    const service = readService(item, known);
    if (typeof service === 'string') return service;
    if (seen.has(service.key)) return `service ${service.key} twice`;
    seen.add(service.key);
    services.push(service);
  }
  return services;
}

function readService(item: unknown, known: Known): VirtualService | string {
  if (!isRecord(item)) return 'something that is no service';
  const { key, members } = item;
  const original = typeof key === 'string' ? known.get(key) : undefined;
  if (original === undefined) return `service ${String(key)}, which is not among those it was given`;
  if (Object.is(item, original)) return original;
  const changed = FIXED.find((field) => !equalData(item[field], original[field]));
  if (changed !== undefined) {
    return `another ${changed} of service ${original.key}, which only the configuration may change`;
  }
  if (!Array.isArray(members)) return `service ${original.key} without a list of members`;
  const servers = new Map<string, RealServer>();
  for (const item of members as readonly unknown[]) {
    const member = readMember(item, original);
    if (typeof member === 'string') return `${member} in service ${original.key}`;
    if (servers.has(serverKey(member))) return `member ${serverKey(member)} twice in service ${original.key}`;
    servers.set(serverKey(member), member);
  }
  const sorted = [...servers].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member);
  return equalData(sorted, original.members) ? original : { ...original, members: sorted };
}

function readMember(item: unknown, original: VirtualService): RealServer | string {
  if (!isRecord(item)) return 'something that is no member';
  const { address, port, weight, state, endpoint } = item;
  if (typeof address !== 'string' || isIP(address) === 0) return 'a member without an address';
  if (!isWhole(port, 1, 65_535)) return `member ${address} without a port`;
  const server = serverKey({ address, port });
  const familiar = original.members.some((member) => serverKey(member) === server);
  if (!familiar && isIP(address) !== original.frontend.family) {
    return `member ${server} of the wrong address family`;
  }
  if (!isWhole(weight, 0, MOST_WEIGHT)) return `a weight of ${server} that is not between 0 and 256`;
  if (state !== 'active' && state !== 'draining') return `member ${server} in an unknown state`;
  if (typeof endpoint !== 'string') return `member ${server} without its endpoint`;
  return { address, port, weight, state, endpoint };
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}
