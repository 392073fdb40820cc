// SPDX-License-Identifier: MIT
import { serverKey, type ChangeSet, type Operation, type ServiceChange, type VirtualService } from 'sluice';

/** One line a step, for people. */
export function renderChange({ changes }: ChangeSet): string {
  return changes.flatMap((change) => linesOf(change).map((line) => `${change.key}: ${line}\n`)).join('');
}

function linesOf({ before, after, operations }: ServiceChange): string[] {
  const lines = operations.map((operation) => describe(operation, after));
  const shares = after === null ? null : sharesOf(after);
  if (shares !== null && (before === null || shares !== sharesOf(before))) lines.push(shares);
  return lines;
}

function describe(operation: Operation, after: VirtualService | null): string {
  switch (operation.op) {
    case 'add-service':
      return `listen, ${after?.scheduler.name ?? ''}${label(after?.service)}`;
    case 'remove-service':
      return `stop listening (${operation.reason}); established TCP connections go on`;
    case 'change-service':
      return `change ${operation.fields.join(', ')}`;
    case 'add-member':
      return `add ${serverKey(operation.member)}${label(operation.member.endpoint)}`;
    case 'remove-member':
      return `remove ${serverKey(operation.member)}${label(operation.member.endpoint)} (${operation.reason})`;
    case 'change-member': {
      const { before, after } = operation;
      return `change ${serverKey(after)}: ${before.state} weight ${before.weight} -> ${after.state} weight ${after.weight}`;
    }
    case 'deal-slots':
    default:
      return `move ${operation.moved} of ${operation.of} shares`;
  }
}

function label(name: string | undefined): string {
  return name === undefined || name === '' ? '' : ` ${name}`;
}

function sharesOf({ slots }: VirtualService): string {
  if (slots === null || slots.length === 0) return 'refuse new connections';
  const counts = new Map<string, number>();
  for (const key of slots) counts.set(key, (counts.get(key) ?? 0) + 1);
  const shares = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `shares ${shares.map(([key, count]) => `${key} ${count}/${slots.length}`).join(', ')}`;
}
