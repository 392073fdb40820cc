// SPDX-License-Identifier: MIT
/** The part of the table that no service changes: sets, base chains, and the rules that lead to services. */
import {
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NFT_OBJECT_CT_TIMEOUT,
  type BaseChain,
  type MessageWriter,
  type NfTablesBatch,
  commentUserdata,
} from 'sluice/kernel';
import type { Protocol } from 'sluice';
import { BOTH } from './family.js';
import { PROTOCOL_NUMBERS } from './keys.js';
import {
  dispatch,
  jump,
  jumpWhenNew,
  probeTimeout,
  refusePort,
  resetTcp,
  sourceNat,
  whenListed,
  type Rule,
} from './rule.js';
import { TABLE_SETS, setNames } from './sets.js';

/** How the daemon's own probes are kept from filling the connection table. */
export type ProbeTimeouts =
  /** By time-out policies for its user's connections. */
  | 'timed'
  /** Not: the option says so. */
  | 'untimed'
  /** Not: the kernel has no such policies. */
  | 'unsupported';

/** Raised with every change of the skeleton: a table of another shape is replaced as a whole. */
const SHAPE = 1;

/** The table's comment: whose it is and what is in it. */
export function tableComment(probes: ProbeTimeouts): string {
  return `sluice shape ${SHAPE}, probes ${probes}`;
}

export interface SkeletonChain {
  readonly name: string;
  readonly base: BaseChain | null;
  readonly rules: readonly Rule[];
}

/** Where a destination is rewritten; source addresses after everybody else's rules had their say. */
export const DESTINATION_PRIORITY = -100;
const SOURCE_PRIORITY = 100;
/** After connection tracking, before any rewriting. */
const REFUSE_PRIORITY = -110;
const PROBES_PRIORITY = -120;

const BALANCE = 'balance';
const REFUSE = 'refuse';
const TURN_AWAY = 'turn-away';

/** In an order in which none leads to one that comes later. `uid` is the daemon's own. */
export function skeletonChains(probes: ProbeTimeouts, uid: number): readonly SkeletonChain[] {
  const chains: SkeletonChain[] = [
    { name: BALANCE, base: null, rules: BOTH.map(dispatch) },
    { name: 'prerouting', base: natBase(NF_INET_PRE_ROUTING, DESTINATION_PRIORITY), rules: [jump(BALANCE)] },
    { name: 'output', base: natBase(NF_INET_LOCAL_OUT, DESTINATION_PRIORITY), rules: [jump(BALANCE)] },
    { name: 'postrouting', base: natBase(NF_INET_POST_ROUTING, SOURCE_PRIORITY), rules: sourceNatRules() },
    { name: TURN_AWAY, base: null, rules: [resetTcp(), refusePort()] },
    {
      name: REFUSE,
      base: null,
      rules: BOTH.map((facts) => whenListed(facts, setNames(facts.family).refused, TURN_AWAY)),
    },
    {
      name: 'refuse-prerouting',
      base: filterBase(NF_INET_PRE_ROUTING, REFUSE_PRIORITY),
      rules: [jumpWhenNew(REFUSE)],
    },
    {
      name: 'refuse-output',
      base: filterBase(NF_INET_LOCAL_OUT, REFUSE_PRIORITY),
      rules: [jumpWhenNew(REFUSE)],
    },
  ];
  if (probes === 'timed') {
    chains.push({
      name: 'probes',
      base: filterBase(NF_INET_LOCAL_OUT, PROBES_PRIORITY),
      rules: TIMEOUTS.map(({ protocol, name }) => probeTimeout(uid, protocol, name)),
    });
  }
  return chains;
}

/** Writes the whole skeleton into a batch; answers the sequence numbers of the time-out policies. */
export function addSkeleton(batch: NfTablesBatch, probes: ProbeTimeouts, uid: number): readonly number[] {
  batch.addTable(commentUserdata(tableComment(probes)));
  const policies =
    probes === 'timed'
      ? TIMEOUTS.map((timeout) =>
          batch.addObject(NFT_OBJECT_CT_TIMEOUT, timeout.name, (writer) => writeTimeout(writer, timeout)),
        )
      : [];
  for (const { definition } of TABLE_SETS) batch.addSet(definition);
  for (const { name, base, rules } of skeletonChains(probes, uid)) {
    batch.addChain(name, base ?? undefined);
    for (const rule of rules) batch.addRule(name, rule.expressions);
  }
  return policies;
}

/** The skeleton in nft's language. */
export function skeletonText(table: string, probes: ProbeTimeouts, uid: number): string {
  const lines = [`table inet ${table} {`, `  comment "${tableComment(probes)}"`];
  if (probes === 'timed') {
    for (const { name, protocol, seconds } of TIMEOUTS) {
      const policy = Object.entries(seconds).map(([state, value]) => `${state} : ${value}`);
      lines.push(`  ct timeout ${name} {`, `    protocol ${protocol};`);
      lines.push(`    policy = { ${policy.join(', ')} };`, '  }');
    }
  }
  for (const { text } of TABLE_SETS) lines.push(`  ${text}`);
  for (const { name, base, rules } of skeletonChains(probes, uid)) {
    lines.push(`  chain ${name} {`);
    if (base !== null) {
      lines.push(
        `    type ${base.type} hook ${HOOK_NAMES[base.hook]} priority ${base.priority}; policy accept;`,
      );
    }
    for (const rule of rules) lines.push(`    ${rule.text}`);
    lines.push('  }');
  }
  return [...lines, '}', ''].join('\n');
}

const HOOK_NAMES: Readonly<Record<number, string>> = {
  [NF_INET_PRE_ROUTING]: 'prerouting',
  [NF_INET_LOCAL_OUT]: 'output',
  [NF_INET_POST_ROUTING]: 'postrouting',
};

function natBase(hook: number, priority: number): BaseChain {
  return { type: 'nat', hook, priority };
}

function filterBase(hook: number, priority: number): BaseChain {
  return { type: 'filter', hook, priority };
}

function sourceNatRules(): Rule[] {
  return BOTH.flatMap((facts) =>
    (['tcp', 'udp'] as const).flatMap((protocol) => [
      sourceNat(facts, protocol, 'masquerade'),
      sourceNat(facts, protocol, 'address'),
    ]),
  );
}

interface TimeoutPolicy {
  readonly name: string;
  readonly protocol: Protocol;
  /** nft's names of the states that a finished or unanswered probe leaves behind; others keep the kernel's. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** An orderly close would stay in the connection table for 120 s, a half-open probe for 10 s. */
const TIMEOUTS: readonly TimeoutPolicy[] = [
  {
    name: 'probe-tcp',
    protocol: 'tcp',
    seconds: { syn_sent: 5, close_wait: 1, last_ack: 1, time_wait: 1, close: 1 },
  },
  { name: 'probe-udp', protocol: 'udp', seconds: { unreplied: 2 } },
];

/** linux/netfilter/nfnetlink_cttimeout.h: `CTA_TIMEOUT_TCP_*` and `CTA_TIMEOUT_UDP_*`. */
const TIMEOUT_ATTRIBUTES: Readonly<Record<string, number>> = {
  syn_sent: 1,
  close_wait: 5,
  last_ack: 6,
  time_wait: 7,
  close: 8,
  unreplied: 1,
};

/** `enum nft_ct_timeout_timeout_attributes` */
function writeTimeout(writer: MessageWriter, { protocol, seconds }: TimeoutPolicy): void {
  const NFTA_CT_TIMEOUT = { L3PROTO: 1, L4PROTO: 2, DATA: 3 } as const;
  const NFPROTO_INET = 1;
  writer.u16be(NFTA_CT_TIMEOUT.L3PROTO, NFPROTO_INET);
  writer.u8(NFTA_CT_TIMEOUT.L4PROTO, PROTOCOL_NUMBERS[protocol]);
  writer.nest(NFTA_CT_TIMEOUT.DATA, () => {
    for (const [state, value] of Object.entries(seconds)) writer.u32be(TIMEOUT_ATTRIBUTES[state]!, value);
  });
}
