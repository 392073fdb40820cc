// SPDX-License-Identifier: MIT
/** What the kernel holds of ours, read back whole: nothing in it is taken on trust. */
import { setImmediate } from 'node:timers/promises';
import {
  Turns,
  isSystemError,
  readChains,
  readGeneration,
  readRules,
  readSets,
  readTable,
  type HeldChain,
  type HeldRule,
  type NetlinkSocket,
  type TableName,
} from 'sluice/kernel';
import { SluiceError, frontendKey, type VirtualService } from 'sluice';
import { ChainLedger } from './chain-ledger.js';
import { balancingChain, isBalancingName, sharedChainNamed, type BalancingChain } from './chains.js';
import { BOTH } from './family.js';
import { Gathering, type Part } from './gathering.js';
import { serviceOf, type HeldService, type SlotPlace } from './held.js';
import type { Rule } from './rule.js';
import { mapOf, modulusOf } from './same-rule.js';
import { areSameRules, isSoundSkeleton } from './skeleton-check.js';
import { tableComment, type ProbeTimeouts } from './skeleton.js';
import { furtherMapFamily, isSlotMap } from './slot-maps.js';
import type { Step } from './step.js';

/** What is wrong with the table as a whole, if anything. */
export type TableState = 'absent' | 'sound' | 'strange';

export interface Snapshot {
  readonly state: TableState;
  readonly probes: ProbeTimeouts;
  /** By service key, parts of services that make no sense included. */
  readonly held: ReadonlyMap<string, HeldService>;
  /** Those that do make sense. */
  readonly services: readonly VirtualService[];
  /** What no service explains. */
  readonly strays: number;
  readonly ledger: ChainLedger;
  /** What puts in order the services among the strays. */
  readonly cleaning: readonly Step[];
}

/** How often a reading is repeated that somebody's change has torn. */
const ATTEMPTS = 20;

/** Reads the table. `accepted` are the kinds of probe time-outs that need no rebuilding. */
export async function takeSnapshot(
  socket: NetlinkSocket,
  name: TableName,
  accepted: readonly ProbeTimeouts[],
  uid: number,
): Promise<Snapshot> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      const generation = await readGeneration(socket);
      const snapshot = await read(socket, name, accepted, uid);
      if ((await readGeneration(socket)) === generation) return snapshot;
    } catch (error) {
      // Torn, or gone while we read.
      if (!isSystemError(error, 'EAGAIN', 'EINTR', 'ENOENT')) throw error;
    }
    await setImmediate();
  }
  throw new SluiceError(
    'SLUICE_KERNEL',
    `table inet ${name.table} cannot be read: somebody changes the ruleset all the time; find out who with \`nft monitor\``,
  );
}

async function read(
  socket: NetlinkSocket,
  name: TableName,
  accepted: readonly ProbeTimeouts[],
  uid: number,
): Promise<Snapshot> {
  const ledger = new ChainLedger();
  const nothing = { held: new Map<string, HeldService>(), services: [], ledger, cleaning: [] };
  const table = await readTable(socket, name);
  if (table === null) return { ...nothing, state: 'absent', probes: accepted[0]!, strays: 0 };
  const probes = accepted.find((kind) => table.comment === tableComment(kind));
  const strange: Snapshot = { ...nothing, state: 'strange', probes: accepted[0]!, strays: 1 };
  if (probes === undefined || table.flags !== 0) return strange;

  const chains = (await readChains(socket, name.family)).filter(({ table }) => table === name.table);
  const rules = new Map<string, HeldRule[]>();
  await readRules(socket, name, (rule) => {
    const list = rules.get(rule.chain);
    if (list === undefined) rules.set(rule.chain, [rule]);
    else list.push(rule);
  });
  const sets = await readSets(socket, name);
  if (!isSoundSkeleton(chains, rules, sets, probes, uid)) return strange;

  const gathered = new Gathering();
  for (const { family } of BOTH) {
    const slotMaps = sets.map((set) => set.name).filter((set) => isSlotMap(set, family));
    await gathered.read(socket, name, family, slotMaps);
  }
  if (gathered.unreadable) return strange;
  for (const set of sets) if (furtherMapFamily(set.name) !== null) ledger.maps.record(set.name);
  return assemble(gathered, chains, rules, ledger, probes);
}

async function assemble(
  gathered: Gathering,
  chains: readonly HeldChain[],
  rules: ReadonlyMap<string, readonly HeldRule[]>,
  ledger: ChainLedger,
  probes: ProbeTimeouts,
): Promise<Snapshot> {
  const users = new Map<string, number>();
  for (const { chain } of gathered.parts.values()) {
    if (chain !== null) users.set(chain, (users.get(chain) ?? 0) + 1);
  }
  let strays = 0;
  const names = new Set<string>();
  for (const { name } of chains) {
    if (!isBalancingName(name)) continue;
    names.add(name);
    const count = users.get(name) ?? 0;
    if (count === 0) strays += 1;
    const shared = sharedChainNamed(name);
    const sound = shared === null || areSameRules(rules.get(name) ?? [], ruleList(shared));
    if (!sound) strays += 1;
    ledger.record(name, count, sound);
  }
  const turns = new Turns();
  const held = new Map<string, HeldService>();
  const services: VirtualService[] = [];
  const cleaning: Step[] = [];
  for (const part of gathered.parts.values()) {
    const sound = soundChain(part, rules, ledger, names);
    const service = heldPart(part, sound);
    const whole = sound === null ? null : serviceOf(service, sound.chain);
    const key = whole?.key ?? frontendKey(part.frontend);
    held.set(key, service);
    ledger.maps.move(key, service.map);
    if (whole === null || service.slots.length > service.modulus || service.misplaced.length > 0) {
      cleaning.push({ key, before: service, after: whole });
    }
    if (whole !== null) services.push(whole);
    if (turns.due) await turns.give();
  }
  ledger.commit();
  strays += cleaning.length + ledger.maps.unused().length;
  return { state: 'sound', probes, held, services, strays, ledger, cleaning };
}

/** A chain as a service's entry leads to it, and the map that it draws from; null for one without slots. */
interface SoundChain {
  readonly chain: BalancingChain;
  readonly map: string | null;
}

/** Without a sound chain the first map that has slots of the service counts as its own. */
function heldPart(part: Part, sound: SoundChain | null): HeldService {
  const map = sound === null ? ([...part.slots.keys()][0] ?? null) : sound.map;
  const misplaced: SlotPlace[] = [];
  for (const [other, slots] of part.slots) {
    if (other !== map) slots.forEach((_, slot) => misplaced.push({ map: other, slot }));
  }
  const slots = map === null ? [] : (part.slots.get(map) ?? []);
  return {
    ...part,
    modulus: sound?.chain.slots ?? -1,
    map,
    slots: Array.from(slots, (key) => key ?? ''),
    misplaced,
  };
}

function ruleList(chain: BalancingChain, map: string | null = null): Rule[] {
  const rule = chain.rule(map ?? undefined);
  return rule === null ? [] : [rule];
}

/** The chain that a service's entry leads to, if its rule is what it should be. */
function soundChain(
  { chain, frontend }: Part,
  rules: ReadonlyMap<string, readonly HeldRule[]>,
  ledger: ChainLedger,
  names: ReadonlySet<string>,
): SoundChain | null {
  if (chain === null || !names.has(chain) || ledger.isBroken(chain)) return null;
  const shared = sharedChainNamed(chain);
  if (shared !== null) {
    return shared.family === frontend.family ? { chain: shared, map: ledger.maps.choose(shared) } : null;
  }
  const list = rules.get(chain) ?? [];
  const slots = list.length === 0 ? 0 : modulusOf(list[0]!);
  const map = list.length === 0 ? null : mapOf(list[0]!);
  if (slots === null || (map !== null && !isSlotMap(map, frontend.family))) return null;
  const own = balancingChain(frontend, 'round-robin', slots);
  return own.name === chain && areSameRules(list, ruleList(own, map)) ? { chain: own, map } : null;
}
