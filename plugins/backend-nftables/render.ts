// SPDX-License-Identifier: MIT
/** A change in nft's language: what the netlink messages do, as `nft -f` would read it. Pure. */
import type { AddressFrontend, ChangeSet, ServiceChange, VirtualService } from 'sluice';
import type { BalancingChain } from './chains.js';
import { chainOfService, heldOf } from './held.js';
import { serverOfKey } from './keys.js';
import { entryChanges, setOf, type Entry, type SetRole } from './plan.js';

export function renderChangeSet(table: string, change: ChangeSet): string {
  return change.changes.map((one) => renderChange(`inet ${table}`, one)).join('\n');
}

function renderChange(table: string, change: ServiceChange): string {
  const lines = [change.service === '' ? `# ${change.key}` : `# ${change.key} (${change.service})`];
  const before = change.before === null ? null : heldOf(change.before);
  const after = change.after === null ? null : heldOf(change.after);
  const oldChain = chainOf(change.before);
  const chain = chainOf(change.after);
  const held = after ?? before;
  if (held === null) return `${lines[0]}\n`;
  if (chain !== null && !sameChain(oldChain, chain)) lines.push(...chainText(table, chain));
  const changes = entryChanges(before, after);
  for (const verb of ['delete', 'add'] as const) {
    for (const { role, remove, add } of changes) {
      const entries = verb === 'delete' ? remove : add;
      if (entries.length === 0) continue;
      const set = setOf(role, held.frontend.family);
      const texts = entries.map((entry) => entryText(role, held.frontend, entry, verb === 'add'));
      lines.push(`${verb} element ${table} ${set} { ${texts.join(', ')} }`);
    }
  }
  // A shared chain goes with the last service that uses it, which this change alone can't tell.
  if (oldChain !== null && !oldChain.shared && oldChain.name !== chain?.name) {
    lines.push(`delete chain ${table} ${oldChain.name}`);
  }
  return `${lines.join('\n')}\n`;
}

function chainOf(service: VirtualService | null): BalancingChain | null {
  return service === null ? null : chainOfService(service).chain;
}

function sameChain(a: BalancingChain | null, b: BalancingChain): boolean {
  return a !== null && a.name === b.name && a.slots === b.slots;
}

/** True whether or not the chain is there already. */
function chainText(table: string, chain: BalancingChain): string[] {
  const { name } = chain;
  const rule = chain.rule();
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
