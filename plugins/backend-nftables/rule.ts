// SPDX-License-Identifier: MIT
import {
  IPPROTO_TCP,
  NFT_GOTO,
  NFT_JUMP,
  NFT_OBJECT_CT_TIMEOUT,
  bitwise,
  cmp,
  ct,
  jhash,
  littleEndian,
  lookup,
  lookupMap,
  lookupVerdict,
  masquerade,
  meta,
  nat,
  numgen,
  objectReference,
  payload,
  register,
  reject,
  verdict,
  type Expression,
} from 'sluice/kernel';
import type { Protocol } from 'sluice';
import type { FamilyFacts } from './family.js';
import { PROTOCOL_NUMBERS } from './keys.js';

/** A rule twice: for the kernel and for people; tests hold the two to each other. */
export interface Rule {
  readonly expressions: readonly Expression[];
  readonly text: string;
}

/** linux/netfilter/nf_conntrack_common.h: `IPS_DST_NAT`, and NF_CT_STATE_BIT(IP_CT_NEW). */
const STATUS_DNAT = 0x20;
const STATE_NEW = 0x08;

const FIRST = register(0);
const TRANSPORT_PORT_OFFSET = 2;

/** How a balancing chain draws a slot. */
export type Draw = 'round-robin' | 'random' | 'source-hash';

/**
 * Any fixed number: with it a source hash gives the same slot after a restart, and on every host.
 */
const HASH_SEED = 0x51;

/** Draws a slot and sends the connection to the member that holds it in `map`. */
export function balance(
  facts: FamilyFacts,
  draw: Draw,
  slots: number,
  protocol: Protocol | null,
  map: string,
): Rule {
  const slot = register(facts.slotWord);
  const spare = register(facts.spareWord);
  const { expressions: drawing, text: drawn } = drawSlot(facts, draw, slots, slot, spare);
  const match = protocol === null ? someTransport() : oneTransport(protocol);
  return {
    expressions: [
      ...match.expressions,
      ...ofFamily(facts),
      ...serviceKey(facts),
      ...drawing,
      lookupMap(map, FIRST, FIRST),
      nat('dnat', facts.nfproto, FIRST, register(facts.protocolWord)),
    ],
    text: `${match.text} dnat ${facts.header} to ${keyText(facts)} . ${drawn} map @${map}`,
  };
}

function drawSlot(facts: FamilyFacts, draw: Draw, slots: number, into: number, spare: number): Rule {
  if (draw === 'source-hash') {
    return {
      expressions: [
        payload('network', facts.sourceOffset, facts.addressBytes, spare),
        jhash(spare, facts.addressBytes, slots, HASH_SEED, into),
      ],
      text: `jhash ${facts.header} saddr mod ${slots} seed 0x${HASH_SEED.toString(16)}`,
    };
  }
  const kind = draw === 'random' ? 'random' : 'inc';
  return { expressions: [numgen(kind, slots, into)], text: `numgen ${kind} mod ${slots}` };
}

/** Goes where the service's entry says. */
export function dispatch(facts: FamilyFacts): Rule {
  const map = `svc${facts.family}`;
  return {
    expressions: [...ofFamily(facts), ...serviceKey(facts), lookupVerdict(map, FIRST)],
    text: `${keyText(facts)} vmap @${map}`,
  };
}

/** Goes to `chain` when the set has the service. */
export function whenListed(facts: FamilyFacts, set: string, chain: string): Rule {
  return {
    expressions: [...ofFamily(facts), ...serviceKey(facts), lookup(set, FIRST), verdict(NFT_GOTO, chain)],
    text: `${keyText(facts)} @${set} goto ${chain}`,
  };
}

export function jump(chain: string): Rule {
  return { expressions: [verdict(NFT_JUMP, chain)], text: `jump ${chain}` };
}

/** For packets that open a connection. */
export function jumpWhenNew(chain: string): Rule {
  return {
    expressions: [...anyBit('state', STATE_NEW), verdict(NFT_JUMP, chain)],
    text: `ct state new jump ${chain}`,
  };
}

export function resetTcp(): Rule {
  return {
    expressions: [...transport(PROTOCOL_NUMBERS.tcp), reject('tcp-reset')],
    text: 'meta l4proto tcp reject with tcp reset',
  };
}

export function refusePort(): Rule {
  return { expressions: [reject('port-unreachable')], text: 'reject with icmpx port-unreachable' };
}

/** Rewrites the source of connections to a service that the set or map lists, by what the client asked for. */
export function sourceNat(facts: FamilyFacts, protocol: Protocol, how: 'masquerade' | 'address'): Rule {
  const set = `${how === 'masquerade' ? 'masq' : 'snat'}${facts.family}`;
  const key = [
    ct(facts.conntrackDestination, FIRST, 'original'),
    meta('l4proto', register(facts.protocolWord)),
    ct('protoDst', register(facts.portWord), 'original'),
  ];
  const match = oneTransport(protocol);
  const keyed = `ct original ${facts.header} daddr . meta l4proto . ct original proto-dst`;
  const action =
    how === 'masquerade'
      ? { expressions: [lookup(set, FIRST), masquerade()], text: `${keyed} @${set} masquerade` }
      : {
          expressions: [lookupMap(set, FIRST, FIRST), nat('snat', facts.nfproto, FIRST)],
          text: `snat ${facts.header} to ${keyed} map @${set}`,
        };
  return {
    expressions: [...match.expressions, ...anyBit('status', STATUS_DNAT), ...key, ...action.expressions],
    text: `${match.text} ct status dnat ${action.text}`,
  };
}

/** Gives a user's own connections a time-out policy of connection tracking. */
export function probeTimeout(uid: number, protocol: Protocol, policy: string): Rule {
  const match = oneTransport(protocol);
  return {
    expressions: [
      meta('skuid', FIRST),
      cmp(FIRST, '==', hostOrder(uid)),
      ...match.expressions,
      objectReference(NFT_OBJECT_CT_TIMEOUT, policy),
    ],
    text: `meta skuid ${uid} ${match.text} ct timeout set "${policy}"`,
  };
}

function ofFamily(facts: FamilyFacts): Expression[] {
  return [meta('nfproto', FIRST), cmp(FIRST, '==', Uint8Array.of(facts.nfproto))];
}

/** address . protocol . port, from the first register on. */
function serviceKey(facts: FamilyFacts): Expression[] {
  return [
    payload('network', facts.destinationOffset, facts.addressBytes, FIRST),
    meta('l4proto', register(facts.protocolWord)),
    payload('transport', TRANSPORT_PORT_OFFSET, 2, register(facts.portWord)),
  ];
}

function keyText(facts: FamilyFacts): string {
  return `${facts.header} daddr . meta l4proto . th dport`;
}

function transport(protocol: number): Expression[] {
  return [meta('l4proto', FIRST), cmp(FIRST, '==', Uint8Array.of(protocol))];
}

function oneTransport(protocol: Protocol): Rule {
  return { expressions: transport(PROTOCOL_NUMBERS[protocol]), text: `meta l4proto ${protocol}` };
}

/**
 * TCP or UDP: what the service's entry has matched already, but nft takes no port mapping without. A range
 * needs no set of its own.
 */
function someTransport(): Rule {
  const bounds = [IPPROTO_TCP, PROTOCOL_NUMBERS.udp] as const;
  return {
    expressions: [
      meta('l4proto', FIRST),
      cmp(FIRST, '>=', Uint8Array.of(bounds[0])),
      cmp(FIRST, '<=', Uint8Array.of(bounds[1])),
    ],
    text: `meta l4proto ${bounds.join('-')}`,
  };
}

function anyBit(key: 'state' | 'status', bit: number): Expression[] {
  return [ct(key, FIRST), bitwise(FIRST, hostOrder(bit), hostOrder(0)), cmp(FIRST, '!=', hostOrder(0))];
}

function hostOrder(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return bytes;
}
