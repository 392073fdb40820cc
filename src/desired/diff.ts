// SPDX-License-Identifier: MIT
import type { ChangeSet, Operation, RemovalReason, ServiceChange } from '../change-set.js';
import { serverKey, type RealServer, type VirtualService } from '../virtual-service.js';
import { equalData } from './equal.js';

/** Why a member that is held must go. */
export type MemberReason = (service: VirtualService, member: RealServer) => RemovalReason;
/** Why a whole service must go. */
export type ServiceReason = (service: VirtualService) => RemovalReason;

type MemberOperation = Extract<Operation, { readonly op: `${string}-member` }>;

const unconfigured = (): RemovalReason => 'unconfigured';

/**
 * What leads from the services that are held to those that are wanted, both by {@link VirtualService.key}.
 * Services that go come first (what takes their place may need their port), then the rest in the order wanted;
 * services that stay as they are do not appear. Labels for people never make a difference, and where shares
 * are dealt in slots, weights do not either.
 */
export function diffServices(
  before: ReadonlyMap<string, VirtualService>,
  after: ReadonlyMap<string, VirtualService>,
  reasonOf: MemberReason = unconfigured,
  reasonOfService: ServiceReason = unconfigured,
): ChangeSet {
  const changes: ServiceChange[] = [];
  for (const [key, held] of before) {
    if (!after.has(key)) changes.push(removal(held, reasonOf, reasonOfService(held)));
  }
  for (const [key, wanted] of after) {
    const change = serviceChange(before.get(key) ?? null, wanted, reasonOf);
    if (change !== null) changes.push(change);
  }
  return { changes };
}

/** Whether an engine that holds `held` has nothing to do for `wanted`. */
export function isSameService(held: VirtualService, wanted: VirtualService): boolean {
  return held === wanted || operationsBetween(held, wanted, unconfigured).length === 0;
}

function removal(held: VirtualService, reasonOf: MemberReason, reason: RemovalReason): ServiceChange {
  const operations: Operation[] = held.members
    .toReversed()
    .map((member) => ({ op: 'remove-member', member, reason: reasonOf(held, member) }));
  operations.push({ op: 'remove-service', reason });
  return { key: held.key, service: held.service, before: held, after: null, operations };
}

function serviceChange(
  before: VirtualService | null,
  after: VirtualService,
  reasonOf: MemberReason,
): ServiceChange | null {
  if (before === after) return null;
  const operations = before === null ? addition(after) : operationsBetween(before, after, reasonOf);
  if (operations.length === 0) return null;
  return { key: after.key, service: after.service, before, after, operations };
}

function addition(after: VirtualService): Operation[] {
  const members = after.members.map((member): Operation => ({ op: 'add-member', member }));
  return [{ op: 'add-service' }, ...members];
}

/**
 * The service's own properties, then members that come or get more, then those that get less, then those that
 * leave: at no step is the service without a member that both sides have.
 */
function operationsBetween(
  before: VirtualService,
  after: VirtualService,
  reasonOf: MemberReason,
): Operation[] {
  const dealt = before.slots !== null && after.slots !== null;
  const held = byServerKey(before.members);
  const wanted = byServerKey(after.members);
  const added: MemberOperation[] = [];
  const raised: MemberOperation[] = [];
  const lowered: MemberOperation[] = [];
  const removed: MemberOperation[] = [];
  for (const [key, member] of wanted) {
    const old = held.get(key);
    if (old === undefined) added.push({ op: 'add-member', member });
    else if (old.state !== member.state || (!dealt && old.weight !== member.weight)) {
      const down = member.state === 'draining' || (old.state === 'active' && member.weight < old.weight);
      (down ? lowered : raised).push({ op: 'change-member', before: old, after: member });
    }
  }
  for (const [key, member] of held) {
    if (!wanted.has(key)) removed.push({ op: 'remove-member', member, reason: reasonOf(before, member) });
  }
  const named = new Set([...added, ...raised, ...lowered, ...removed].map(memberKey));
  const operations = [...added, ...raised, ...dealing(before, after, named), ...lowered, ...removed];
  const fields = changedFields(before, after);
  return fields.length === 0 ? operations : [{ op: 'change-service', fields }, ...operations];
}

function memberKey(operation: MemberOperation): string {
  return serverKey(operation.op === 'change-member' ? operation.after : operation.member);
}

const FIELDS = [
  'frontend',
  'scheduler',
  'forwarding',
  'sourceNat',
  'persistence',
  'rescue',
  'limits',
] as const satisfies readonly (keyof VirtualService)[];

function changedFields(before: VirtualService, after: VirtualService): string[] {
  const fields: string[] = FIELDS.filter((field) => !equalData(before[field], after[field]));
  return sameSize(before, after) ? fields : [...fields, 'slots'];
}

/** A service with nobody to deal to has no size, and keeps the one it had. */
function sameSize(before: VirtualService, after: VirtualService): boolean {
  if (before.slots === null || after.slots === null) return before.slots === after.slots;
  return before.slots.length === after.slots.length || !takesTraffic(before) || !takesTraffic(after);
}

function takesTraffic(service: VirtualService): boolean {
  return service.members.some((member) => member.state === 'active');
}

/** Slots that change hands where neither hand has an operation of its own that says so. */
function dealing(before: VirtualService, after: VirtualService, named: ReadonlySet<string>): Operation[] {
  if (before.slots === null || after.slots === null || before.slots.length !== after.slots.length) return [];
  const wanted = after.slots;
  const moved = before.slots.filter(
    (old, slot) => old !== wanted[slot]! && !named.has(old) && !named.has(wanted[slot]!),
  ).length;
  return moved === 0 ? [] : [{ op: 'deal-slots', moved, of: wanted.length }];
}

function byServerKey(members: readonly RealServer[]): Map<string, RealServer> {
  return new Map(members.map((member) => [serverKey(member), member]));
}
