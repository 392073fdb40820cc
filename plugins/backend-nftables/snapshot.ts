// SPDX-License-Identifier: MIT
/** What the kernel holds of ours, read back whole: nothing in it is taken on trust. */
import { setImmediate } from 'node:timers/promises';
import {
  Turns,
  isSystemError,
  readChains,
  readElements,
  readGeneration,
  readRules,
  readSets,
  readTable,
  type HeldChain,
  type HeldElement,
  type HeldRule,
  type HeldSet,
  type NetlinkSocket,
  type TableName,
  NFT_DATA_VERDICT,
  NFT_GOTO,
  addressText,
} from 'sluice/kernel';
import { SluiceError, frontendKey, type AddressFrontend, type Family, type VirtualService } from 'sluice';
import type { Step } from './applier.js';
import { ChainLedger } from './chain-ledger.js';
import { balancingChain, isBalancingName, sharedChainNamed, type BalancingChain } from './chains.js';
import { BOTH } from './family.js';
import { serviceOf, type HeldService } from './held.js';
import { frontendOf, serverKeyOf, slotOf } from './keys.js';
import { isSameRule, modulusOf } from './same-rule.js';
import { SLOT_LIMIT, TABLE_SETS, setNames } from './sets.js';
import { skeletonChains, tableComment, type ProbeTimeouts } from './skeleton.js';

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
  if (!isSoundSkeleton(chains, rules, await readSets(socket, name), probes, uid)) return strange;

  const gathered = new Gathering();
  for (const { family } of BOTH) await gathered.read(socket, name, family);
  if (gathered.unreadable) return strange;
  return assemble(gathered, chains, rules, ledger, probes);
}

function isSoundSkeleton(
  chains: readonly HeldChain[],
  rules: ReadonlyMap<string, readonly HeldRule[]>,
  sets: readonly HeldSet[],
  probes: ProbeTimeouts,
  uid: number,
): boolean {
  const NF_ACCEPT = 1;
  const setsByName = new Map(sets.map((set) => [set.name, set]));
  const soundSets = TABLE_SETS.every(({ definition }) => {
    const set = setsByName.get(definition.name);
    if (set === undefined || set.keyBytes !== definition.keyBytes) return false;
    if (definition.data === undefined) return set.dataBytes === 0;
    if (definition.data === 'verdict') return set.dataType === NFT_DATA_VERDICT;
    return set.dataType !== NFT_DATA_VERDICT && set.dataBytes === definition.data.bytes;
  });
  const chainsByName = new Map(chains.map((chain) => [chain.name, chain]));
  return (
    soundSets &&
    skeletonChains(probes, uid).every(({ name, base, rules: wanted }) => {
      const chain = chainsByName.get(name);
      if (chain === undefined) return false;
      const hooked =
        base === null
          ? chain.base === null
          : chain.base?.type === base.type &&
            chain.base.hook === base.hook &&
            chain.base.priority === base.priority &&
            chain.policy === NF_ACCEPT;
      return hooked && areSameRules(rules.get(name) ?? [], wanted);
    })
  );
}

function areSameRules(
  held: readonly HeldRule[],
  wanted: readonly Parameters<typeof isSameRule>[1][],
): boolean {
  return held.length === wanted.length && wanted.every((rule, index) => isSameRule(held[index]!, rule));
}

interface Part {
  frontend: AddressFrontend;
  chain: string | null;
  slots: string[];
  refused: boolean;
  masqueraded: boolean;
  source: string | null;
}

/** Sorts the elements of all sets by service. */
class Gathering {
  readonly parts = new Map<string, Part>();
  /** Whether there are elements with keys or data that sluice never writes. */
  unreadable = false;
  readonly #servers = new Map<string, string>();

  async read(socket: NetlinkSocket, name: TableName, family: Family): Promise<void> {
    const sets = setNames(family);
    const each = async (
      set: string,
      take: (part: Part, element: HeldElement) => boolean,
      keyTailBytes = 0,
    ): Promise<void> => {
      await readElements(socket, name, set, (element) => {
        const key = element.key.subarray(0, element.key.length - keyTailBytes);
        const part = this.#part(key, family);
        if (part === null || !take(part, element)) this.unreadable = true;
      });
    };
    await each(sets.services, (part, { verdict }) => {
      if (verdict?.code !== NFT_GOTO || verdict.chain === undefined) return false;
      part.chain = verdict.chain;
      return true;
    });
    await each(
      sets.slots,
      (part, { key, data }) => {
        const slot = slotOf(key);
        if (data === undefined || slot >= SLOT_LIMIT) return false;
        part.slots[slot] = this.#server(data);
        return true;
      },
      4,
    );
    await each(sets.refused, (part) => {
      part.refused = true;
      return true;
    });
    await each(sets.masqueraded, (part) => {
      part.masqueraded = true;
      return true;
    });
    await each(sets.sources, (part, { data }) => {
      if (data === undefined) return false;
      part.source = addressText(data);
      return true;
    });
  }

  #part(key: Buffer, family: Family): Part | null {
    const id = key.toString('latin1');
    const known = this.parts.get(id);
    if (known !== undefined) return known;
    const frontend = frontendOf(key, family);
    if (frontend === null) return null;
    const part = { frontend, chain: null, slots: [], refused: false, masqueraded: false, source: null };
    this.parts.set(id, part);
    return part;
  }

  /** Server keys repeat in every slot: each text is made once. */
  #server(data: Buffer): string {
    const id = data.toString('latin1');
    let key = this.#servers.get(id);
    if (key === undefined) {
      key = serverKeyOf(data);
      this.#servers.set(id, key);
    }
    return key;
  }
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
    const chain = soundChain(part, rules, ledger, names);
    const service: HeldService = {
      ...part,
      modulus: chain?.slots ?? -1,
      slots: Array.from(part.slots, (key) => key ?? ''),
    };
    const whole = chain === null ? null : serviceOf(service, chain);
    held.set(whole?.key ?? frontendKey(part.frontend), service);
    if (whole === null || service.slots.length > (chain?.slots ?? 0)) {
      cleaning.push({ key: whole?.key ?? frontendKey(part.frontend), before: service, after: whole });
    }
    if (whole !== null) services.push(whole);
    if (turns.due) await turns.give();
  }
  return { state: 'sound', probes, held, services, strays: strays + cleaning.length, ledger, cleaning };
}

function ruleList(chain: BalancingChain) {
  const rule = chain.rule();
  return rule === null ? [] : [rule];
}

/** The chain that a service's entry leads to, if its rule is what it should be. */
function soundChain(
  { chain, frontend }: Part,
  rules: ReadonlyMap<string, readonly HeldRule[]>,
  ledger: ChainLedger,
  names: ReadonlySet<string>,
): BalancingChain | null {
  if (chain === null || !names.has(chain) || ledger.isBroken(chain)) return null;
  const shared = sharedChainNamed(chain);
  if (shared !== null) return shared.name.includes(`-${frontend.family}-`) ? shared : null;
  const list = rules.get(chain) ?? [];
  const slots = list.length === 0 ? 0 : modulusOf(list[0]!);
  if (slots === null) return null;
  const own = balancingChain(frontend, 'round-robin', slots);
  return own.name === chain && areSameRules(list, ruleList(own)) ? own : null;
}
