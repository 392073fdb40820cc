// SPDX-License-Identifier: MIT
/** A change in nft's language: what the netlink messages do, as `nft -f` would read it. Pure. */
import type { AddressFrontend, ChangeSet, ServiceChange, VirtualService } from 'sluice';
import type { BalancingChain } from './chains.js';
import { chainOfService, heldOf } from './held.js';
import { serverOfKey } from './keys.js';
import { entryChanges, type Entry, type SetRole } from './plan.js';
import { slotMap } from './sets.js';
import { SlotMaps, furtherMapFamily } from './slot-maps.js';
import { wantedOf } from './step.js';

/** `maps` tells where slots are before the change; it is taken through it. */
export function renderChangeSet(table: string, change: ChangeSet, maps = new SlotMaps()): string {
  return change.changes.map((one) => renderChange(`inet ${table}`, one, maps)).join('\n');
}

function renderChange(table: string, change: ServiceChange, maps: SlotMaps): string {
  const { key } = change;
  const lines = [change.service === '' ? `# ${key}` : `# ${key} (${change.service})`];
  const before = change.before === null ? null : heldOf(change.before, maps.of(key));
  const oldChain = chainOf(change.before);
  const wanted = wantedOf({ key, before, after: change.after }, maps);
  const held = wanted ?? before;
  if (held === null) return `${lines[0]}\n`;
  maps.move(key, wanted?.map ?? null);
  if (wanted !== null && !sameChain(oldChain, wanted.balancing)) {
    lines.push(...mapText(table, wanted.map), ...chainText(table, wanted.balancing, wanted.map));
  }
  const changes = entryChanges(before, wanted);
  for (const verb of ['delete', 'add'] as const) {
    for (const { role, set, remove, add } of changes) {
      const entries = verb === 'delete' ? remove : add;
      if (entries.length === 0) continue;
      const texts = entries.map((entry) => entryText(role, held.frontend, entry, verb === 'add'));
      lines.push(`${verb} element ${table} ${set} { ${texts.join(', ')} }`);
    }
  }
  // What is shared goes with the last service that uses it, which this change alone can't tell.
  if (oldChain !== null && !oldChain.shared && oldChain.name !== wanted?.balancing.name) {
    lines.push(`delete chain ${table} ${oldChain.name}`);
  }
  return `${lines.join('\n')}\n`;
}

function chainOf(service: VirtualService | null): BalancingChain | null {
  return service === null ? null : chainOfService(service).chain;
}

/** The map, where it is one that comes and goes; true whether or not it is there already. */
function mapText(table: string, map: string | null): string[] {
  const family = map === null ? null : furtherMapFamily(map);
  return map === null || family === null
    ? []
    : [slotMap(map, family).text.replace('map', `add map ${table}`)];
}

function sameChain(a: BalancingChain | null, b: BalancingChain): boolean {
  return a !== null && a.name === b.name && a.slots === b.slots;
}

/** True whether or not the chain is there already. */
function chainText(table: string, chain: BalancingChain, map: string | null): string[] {
  const { name } = chain;
  const rule = chain.rule(map ?? undefined);
  const lines = [`add chain ${table} ${name}`, `flush chain ${table} ${name}`];
  return rule === null ? lines : [...lines, `add rule ${table} ${name} ${rule.text}`];
}

function entryText(role: SetRole, frontend: AddressFrontend, entry: Entry, withData: boolean): string {
  const { address, protocol, port } = frontend;
  const key = [address, protocol, port, ...(entry.slot === null ? [] : [entry.slot])].join(' . ');
  if (!withData || entry.value === null) return key;
  return `${key} : ${dataText(role, entry.value)}`;
}

function dataText(role: SetRole, value: string): string {
  if (role === 'services') return `goto ${value}`;
  if (role !== 'slots') return value;
  const { address, port } = serverOfKey(value);
  return `${address} . ${port}`;
}
