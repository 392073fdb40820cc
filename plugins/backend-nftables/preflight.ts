// SPDX-License-Identifier: MIT
/** What on this host would keep the services from working: one plain sentence each. */
import { readFile, readdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import {
  NETLINK_NETFILTER,
  NF_INET_PRE_ROUTING,
  NetlinkSocket,
  Turns,
  addressBytes,
  readChains,
  readElements,
  readRules,
  readSets,
  type TableName,
} from 'sluice/kernel';
import type { Family, VirtualService } from 'sluice';
import { operatorError } from './faults.js';
import { DESTINATION_PRIORITY } from './skeleton.js';

export async function preflight(
  name: TableName,
  services: readonly VirtualService[],
): Promise<readonly string[]> {
  return [
    ...(await forwardingWarnings(services)),
    ...(await conntrackWarnings()),
    ...(await reversePathWarnings(services)),
    ...(await foreignNatWarnings(name, services)),
  ];
}

async function forwardingWarnings(services: readonly VirtualService[]): Promise<string[]> {
  const local = new Set(
    Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
  );
  const remote = (family: Family): boolean =>
    services.some(
      ({ frontend, members }) =>
        frontend.family === family && members.some(({ address }) => !local.has(address)),
    );
  const warnings: string[] = [];
  if (remote(4) && (await sysctl('net/ipv4/ip_forward')) === 0) {
    warnings.push(
      'IPv4 forwarding is off, so that no member on another host is reached: set net.ipv4.ip_forward=1',
    );
  }
  if (remote(6) && (await sysctl('net/ipv6/conf/all/forwarding')) === 0) {
    warnings.push(
      'IPv6 forwarding is off, so that no member on another host is reached: set net.ipv6.conf.all.forwarding=1',
    );
  }
  return warnings;
}

/** Share of the connection table in use from which it is worth a word. */
const CONNTRACK_SHARE = 0.8;

async function conntrackWarnings(): Promise<string[]> {
  const limit = await sysctl('net/netfilter/nf_conntrack_max');
  const count = await sysctl('net/netfilter/nf_conntrack_count');
  if (limit === null || count === null || limit === 0 || count < limit * CONNTRACK_SHARE) return [];
  return [
    `the connection table holds ${count} of at most ${limit} entries, and new connections fail when it is full: raise net.netfilter.nf_conntrack_max`,
  ];
}

async function reversePathWarnings(services: readonly VirtualService[]): Promise<string[]> {
  if (!services.some(({ frontend }) => frontend.family === 4)) return [];
  const folder = '/proc/sys/net/ipv4/conf';
  const interfaces = await readdir(folder).catch(() => []);
  const strict: string[] = [];
  for (const name of interfaces) {
    if (name !== 'default' && (await sysctl(`net/ipv4/conf/${name}/rp_filter`)) === 1) strict.push(name);
  }
  if (strict.length === 0) return [];
  const where = strict.includes('all') ? 'all interfaces' : strict.join(', ');
  return [
    `strict reverse path filtering on ${where} drops packets whose way back leads elsewhere: set net.ipv4.conf.*.rp_filter=2 unless all paths are symmetric`,
  ];
}

/** Null where there is no such setting. */
async function sysctl(path: string): Promise<number | null> {
  const text = await readFile(`/proc/sys/${path}`, 'utf8').catch(() => null);
  return text === null ? null : Number(text.trim());
}

/** Tables of others that rewrite destinations before us and know one of our addresses. */
async function foreignNatWarnings(name: TableName, services: readonly VirtualService[]): Promise<string[]> {
  const addresses = new Map<string, string>();
  const turns = new Turns();
  for (const { frontend } of services) {
    if (turns.due) await turns.give();
    if (frontend.kind === 'address') addresses.set(idOf(addressBytes(frontend.address)), frontend.address);
  }
  if (addresses.size === 0) return [];
  try {
    // Of its own: the backend's socket may be in the middle of something.
    using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    const warnings: string[] = [];
    for (const table of await foreignNatTables(socket, name)) {
      const found = await mentioned(socket, table, addresses);
      if (found !== null) {
        warnings.push(
          `table ${FAMILY_NAMES[table.family] ?? table.family} ${table.table} rewrites destinations before sluice does and mentions ${found}: take the address out of it, or leave it to sluice`,
        );
      }
    }
    return warnings;
  } catch (error) {
    throw operatorError(error);
  }
}

const FAMILY_NAMES: Readonly<Record<number, string>> = { 1: 'inet', 2: 'ip', 10: 'ip6' };

async function foreignNatTables(socket: NetlinkSocket, own: TableName): Promise<TableName[]> {
  const tables = new Map<string, TableName>();
  for (const { family, table, base } of await readChains(socket, 0)) {
    const ours = family === own.family && table === own.table;
    const before =
      base?.type === 'nat' && base.hook === NF_INET_PRE_ROUTING && base.priority <= DESTINATION_PRIORITY;
    if (!ours && before && FAMILY_NAMES[family] !== undefined)
      tables.set(`${family} ${table}`, { family, table });
  }
  return [...tables.values()];
}

/** The first of the addresses, by their bytes, that a rule or an element of the table holds. */
async function mentioned(
  socket: NetlinkSocket,
  table: TableName,
  addresses: ReadonlyMap<string, string>,
): Promise<string | null> {
  let found: string | null = null;
  const search = (data: Buffer): void => {
    // Attributes, and the parts of a key, begin at multiples of 4.
    for (let at = 0; found === null && at < data.length; at += 4) {
      found =
        addresses.get(idOf(data.subarray(at, at + 4))) ??
        addresses.get(idOf(data.subarray(at, at + 16))) ??
        null;
    }
  };
  await readRules(socket, table, ({ expressions }) => {
    for (const { data } of expressions) search(data);
  });
  for (const { name } of await readSets(socket, table)) {
    await readElements(socket, table, name, ({ key }) => search(key));
  }
  return found;
}

function idOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
