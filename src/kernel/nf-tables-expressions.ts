// SPDX-License-Identifier: MIT
/**
 * The expressions that rules are made of, `struct nft_expr` and the `nft_*_attributes` of
 * linux/netfilter/nf_tables.h, each as a function that says what it reads and where it puts it.
 */
import type { MessageWriter } from './netlink-message.js';
import { NFTA_DATA, NFTA_EXPR, NFTA_LIST_ELEM, NFTA_VERDICT } from './nf-tables-constants.js';

/** One step of a rule. */
export interface Expression {
  /** The kernel's name: `payload`, `cmp`, … */
  readonly name: string;
  /** Writes its attributes. */
  write(writer: MessageWriter): void;
}

/**
 * A register by the number of its first 32-bit word, 0-15. Those at a multiple of four words have another
 * number of old, by which the kernel lists them.
 */
export function register(word: number): number {
  const NFT_REG_1 = 1;
  const NFT_REG32_00 = 8;
  return word % 4 === 0 ? NFT_REG_1 + word / 4 : NFT_REG32_00 + word;
}

/** The verdict register: what a verdict map or an immediate verdict writes to. */
const NFT_REG_VERDICT = 0;

export type PayloadBase = 'link' | 'network' | 'transport';
const PAYLOAD_BASES: Record<PayloadBase, number> = { link: 0, network: 1, transport: 2 };

/** Loads bytes of the packet. */
export function payload(base: PayloadBase, offset: number, length: number, into: number): Expression {
  return {
    name: 'payload',
    write: (writer) => {
      writer.u32be(1, into);
      writer.u32be(2, PAYLOAD_BASES[base]);
      writer.u32be(3, offset);
      writer.u32be(4, length);
    },
  };
}

/** `enum nft_meta_keys` */
export const META_KEYS = { mark: 3, skuid: 10, nfproto: 15, l4proto: 16 } as const;

/** Loads what the kernel knows about a packet. `skuid` comes in host order, the protocols are one byte. */
export function meta(key: keyof typeof META_KEYS, into: number): Expression {
  return {
    name: 'meta',
    write: (writer) => {
      writer.u32be(1, into);
      writer.u32be(2, META_KEYS[key]);
    },
  };
}

/** `enum nft_ct_keys` */
export const CT_KEYS = { state: 0, direction: 1, status: 2, protoDst: 12, dstIp: 20, dstIp6: 22 } as const;
/** `enum ip_conntrack_dir` */
const IP_CT_DIR = { original: 0, reply: 1 } as const;

/**
 * Loads what connection tracking knows; without an entry, or with one of the other family, the rule breaks off.
 * State and status are in host order.
 */
export function ct(key: keyof typeof CT_KEYS, into: number, direction?: keyof typeof IP_CT_DIR): Expression {
  return {
    name: 'ct',
    write: (writer) => {
      writer.u32be(1, into);
      writer.u32be(2, CT_KEYS[key]);
      if (direction !== undefined) writer.u8(3, IP_CT_DIR[direction]);
    },
  };
}

/** `enum nft_cmp_ops` */
const CMP_OPS = { '==': 0, '!=': 1, '<': 2, '<=': 3, '>': 4, '>=': 5 } as const;

/** Breaks the rule off unless the register compares so. */
export function cmp(from: number, operator: keyof typeof CMP_OPS, value: Uint8Array): Expression {
  return {
    name: 'cmp',
    write: (writer) => {
      writer.u32be(1, from);
      writer.u32be(2, CMP_OPS[operator]);
      writer.nest(3, () => writer.data(NFTA_DATA.VALUE, value));
    },
  };
}

/** register = (register & mask) ^ xor */
export function bitwise(at: number, mask: Uint8Array, xor: Uint8Array): Expression {
  return {
    name: 'bitwise',
    write: (writer) => {
      writer.u32be(1, at);
      writer.u32be(2, at);
      writer.u32be(3, mask.length);
      writer.nest(4, () => writer.data(NFTA_DATA.VALUE, mask));
      writer.nest(5, () => writer.data(NFTA_DATA.VALUE, xor));
    },
  };
}

/** Breaks the rule off unless the set holds the key that starts at register `from`. */
export function lookup(set: string, from: number): Expression {
  return lookupInto(set, from, null);
}

/** The same with a map: its data goes to `into`. */
export function lookupMap(set: string, from: number, into: number): Expression {
  return lookupInto(set, from, into);
}

/** The same with a verdict map: its verdict is carried out. */
export function lookupVerdict(set: string, from: number): Expression {
  return lookupInto(set, from, NFT_REG_VERDICT);
}

function lookupInto(set: string, from: number, into: number | null): Expression {
  return {
    name: 'lookup',
    write: (writer) => {
      writer.string(1, set);
      writer.u32be(2, from);
      if (into !== null) writer.u32be(3, into);
    },
  };
}

/** Puts a constant into a register. */
export function immediate(into: number, value: Uint8Array): Expression {
  return {
    name: 'immediate',
    write: (writer) => {
      writer.u32be(1, into);
      writer.nest(2, () => writer.data(NFTA_DATA.VALUE, value));
    },
  };
}

/** `enum nft_verdicts` or netfilter's own, with the chain to go to where there is one. */
export function verdict(code: number, chain?: string): Expression {
  return {
    name: 'immediate',
    write: (writer) => {
      writer.u32be(1, NFT_REG_VERDICT);
      writer.nest(2, () => writeVerdict(writer, code, chain));
    },
  };
}

/** `NFTA_DATA_VERDICT`, as in immediates and in elements of verdict maps. */
export function writeVerdict(writer: MessageWriter, code: number, chain?: string): void {
  const nest = writer.beginNest(NFTA_DATA.VERDICT);
  writer.u32be(NFTA_VERDICT.CODE, code);
  if (chain !== undefined) writer.string(NFTA_VERDICT.CHAIN, chain);
  writer.endNest(nest);
}

/** 0 to `modulus` - 1 in turn or by chance, in host order. */
export function numgen(kind: 'inc' | 'random', modulus: number, into: number): Expression {
  return {
    name: 'numgen',
    write: (writer) => {
      writer.u32be(1, into);
      writer.u32be(2, modulus);
      writer.u32be(3, kind === 'inc' ? 0 : 1);
      writer.u32be(4, 0);
    },
  };
}

/** Jenkins' hash of `length` bytes at register `from`, modulo `modulus`, in host order. */
export function jhash(from: number, length: number, modulus: number, seed: number, into: number): Expression {
  return {
    name: 'hash',
    write: (writer) => {
      writer.u32be(1, from);
      writer.u32be(2, into);
      writer.u32be(3, length);
      writer.u32be(4, modulus);
      writer.u32be(5, seed);
      writer.u32be(7, 0);
    },
  };
}

/** Destination or source NAT to the address (and port) in registers; `family` is NFPROTO_IPV4 or NFPROTO_IPV6. */
export function nat(
  kind: 'snat' | 'dnat',
  family: number,
  addressFrom: number,
  portFrom?: number,
): Expression {
  return {
    name: 'nat',
    write: (writer) => {
      writer.u32be(1, kind === 'snat' ? 0 : 1);
      writer.u32be(2, family);
      writer.u32be(3, addressFrom);
      if (portFrom !== undefined) writer.u32be(5, portFrom);
    },
  };
}

/** Source NAT to the address of the interface that the packet leaves by. */
export function masquerade(): Expression {
  return { name: 'masq', write: () => {} };
}

/** Answers by a TCP reset, or by ICMP or ICMPv6 port unreachable. */
export function reject(how: 'tcp-reset' | 'port-unreachable'): Expression {
  return {
    name: 'reject',
    write: (writer) => {
      writer.u32be(1, how === 'tcp-reset' ? 1 : 2);
      if (how === 'port-unreachable') writer.u8(2, 1);
    },
  };
}

/** Keeps the packet out of the connection table; only before connection tracking (priority below -200). */
export function notrack(): Expression {
  return { name: 'notrack', write: () => {} };
}

/** Applies a named object of the table (`NFT_OBJECT_*`) to the packet. */
export function objectReference(type: number, name: string): Expression {
  return {
    name: 'objref',
    write: (writer) => {
      writer.u32be(1, type);
      writer.string(2, name);
    },
  };
}

/** Counts packets and bytes. */
export function counter(): Expression {
  return {
    name: 'counter',
    write: (writer) => {
      writer.u64be(1, 0n);
      writer.u64be(2, 0n);
    },
  };
}

/** A rule's list of expressions, as the content of `NFTA_RULE_EXPRESSIONS`. */
export function writeExpressions(writer: MessageWriter, expressions: readonly Expression[]): void {
  for (const expression of expressions) {
    writer.nest(NFTA_LIST_ELEM, () => {
      writer.string(NFTA_EXPR.NAME, expression.name);
      writer.nest(NFTA_EXPR.DATA, () => expression.write(writer));
    });
  }
}
