// SPDX-License-Identifier: MIT
/**
 * Transactions of nf_tables: a batch of messages that the kernel carries out whole or not at all
 * (linux/netfilter/nf_tables.h, nfnetlink.h).
 */
import { constants } from 'node:os';
import {
  MessageWriter,
  NLM_F_ACK,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REQUEST,
} from './netlink-message.js';
import type { NetlinkSocket } from './netlink.js';
import {
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NFTA_CHAIN,
  NFTA_DATA,
  NFTA_HOOK,
  NFTA_LIST_ELEM,
  NFTA_OBJ,
  NFTA_RULE,
  NFTA_SET,
  NFTA_SET_ELEM,
  NFTA_SET_ELEM_LIST,
  NFTA_TABLE,
  NFT_DATA_VERDICT,
  NFT_MSG,
  NFT_SET_MAP,
} from './nf-tables-constants.js';
import { writeExpressions, writeVerdict, type Expression } from './nf-tables-expressions.js';
import { commentUserdata } from './nf-tables-userdata.js';
import { SystemError } from './system-error.js';

/** Which table a batch works on; the family is one of NFPROTO_*. */
export interface TableName {
  readonly family: number;
  readonly table: string;
}

export interface BaseChain {
  readonly type: 'filter' | 'nat' | 'route';
  /** NF_INET_* */
  readonly hook: number;
  readonly priority: number;
}

export interface SetDefinition {
  readonly name: string;
  /** nft's own type numbers, see {@link keyType}; the kernel only stores them for listings. */
  readonly keyType: number;
  /** Every part of a key is padded to 4 bytes. */
  readonly keyBytes: number;
  /** What a map leads to: a verdict, or data of so many bytes. Absent: a set. */
  readonly data?: 'verdict' | { readonly type: number; readonly bytes: number };
  readonly userdata?: Uint8Array;
}

export type ElementData = Uint8Array | { readonly code: number; readonly chain?: string };

export interface SetElement {
  readonly key: Uint8Array;
  readonly data?: ElementData;
}

/** What the kernel refused: which message of the batch, and why. */
export interface Refusal {
  readonly sequence: number;
  readonly error: SystemError;
}

/** An nf_tables header: `struct nfgenmsg`, linux/netfilter/nfnetlink.h. */
export function nfGenHeader(family: number, resource = 0): Uint8Array {
  return Uint8Array.of(family, 0, resource >> 8, resource & 0xff);
}

/** `NFT_MSG_*` as the type of a netlink message. */
export function nfTablesType(message: number): number {
  return (NFNL_SUBSYS_NFTABLES << 8) | message;
}

/** A list of elements is cut into messages of so many bytes: an attribute holds 64 KiB. */
const ELEMENT_LIST_BYTES = 60_000;

/** One transaction in the making. Its methods answer the sequence numbers by which refusals name them. */
export class NfTablesBatch {
  readonly #nextSequence: () => number;
  readonly #name: TableName;
  /** Made with the first message: many a batch stays empty. */
  #begun: { readonly writer: MessageWriter; readonly sequence: number } | null = null;
  #lastMessage = -1;
  #lastSequence = 0;

  constructor(socket: Pick<NetlinkSocket, 'nextSequence'>, name: TableName) {
    this.#nextSequence = () => socket.nextSequence();
    this.#name = name;
  }

  /** Bytes so far. */
  get length(): number {
    return this.#begun?.writer.length ?? 0;
  }

  get empty(): boolean {
    return this.#begun === null;
  }

  /** `flags` are of NFT_TABLE_F_*. */
  addTable(userdata?: Uint8Array, flags = 0): number {
    return this.#message(NFT_MSG.NEWTABLE, NLM_F_CREATE, (writer) => {
      writer.string(NFTA_TABLE.NAME, this.#name.table);
      writer.u32be(NFTA_TABLE.FLAGS, flags);
      if (userdata !== undefined) writer.data(NFTA_TABLE.USERDATA, userdata);
    });
  }

  /** With all that is in it. */
  deleteTable(): number {
    return this.#message(NFT_MSG.DELTABLE, 0, (writer) => {
      writer.string(NFTA_TABLE.NAME, this.#name.table);
    });
  }

  addChain(name: string, base?: BaseChain): number {
    return this.#message(NFT_MSG.NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, (writer) => {
      writer.string(NFTA_CHAIN.TABLE, this.#name.table);
      writer.string(NFTA_CHAIN.NAME, name);
      if (base === undefined) return;
      writer.nest(NFTA_CHAIN.HOOK, () => {
        writer.u32be(NFTA_HOOK.HOOKNUM, base.hook);
        writer.u32be(NFTA_HOOK.PRIORITY, base.priority);
      });
      writer.string(NFTA_CHAIN.TYPE, base.type);
    });
  }

  /** With its rules; EBUSY while something leads to it. */
  deleteChain(name: string): number {
    return this.#message(NFT_MSG.DELCHAIN, 0, (writer) => {
      writer.string(NFTA_CHAIN.TABLE, this.#name.table);
      writer.string(NFTA_CHAIN.NAME, name);
    });
  }

  /** At the chain's end. */
  addRule(chain: string, expressions: readonly Expression[], comment?: string): number {
    return this.#message(NFT_MSG.NEWRULE, NLM_F_CREATE | NLM_F_APPEND, (writer) => {
      writer.string(NFTA_RULE.TABLE, this.#name.table);
      writer.string(NFTA_RULE.CHAIN, chain);
      writer.nest(NFTA_RULE.EXPRESSIONS, () => writeExpressions(writer, expressions));
      if (comment !== undefined) writer.data(NFTA_RULE.USERDATA, commentUserdata(comment));
    });
  }

  /** All rules of a chain. */
  deleteRules(chain: string): number {
    return this.#message(NFT_MSG.DELRULE, 0, (writer) => {
      writer.string(NFTA_RULE.TABLE, this.#name.table);
      writer.string(NFTA_RULE.CHAIN, chain);
    });
  }

  addSet(set: SetDefinition): number {
    return this.#message(NFT_MSG.NEWSET, NLM_F_CREATE | NLM_F_EXCL, (writer) => {
      writer.string(NFTA_SET.TABLE, this.#name.table);
      writer.string(NFTA_SET.NAME, set.name);
      writer.u32be(NFTA_SET.FLAGS, set.data === undefined ? 0 : NFT_SET_MAP);
      writer.u32be(NFTA_SET.KEY_TYPE, set.keyType);
      writer.u32be(NFTA_SET.KEY_LEN, set.keyBytes);
      if (set.data === 'verdict') writer.u32be(NFTA_SET.DATA_TYPE, NFT_DATA_VERDICT);
      else if (set.data !== undefined) {
        writer.u32be(NFTA_SET.DATA_TYPE, set.data.type);
        writer.u32be(NFTA_SET.DATA_LEN, set.data.bytes);
      }
      writer.u32be(NFTA_SET.ID, this.#lastSequence + 1);
      if (set.userdata !== undefined) writer.data(NFTA_SET.USERDATA, set.userdata);
    });
  }

  /** With its elements; EBUSY while a rule reads it. */
  deleteSet(name: string): number {
    return this.#message(NFT_MSG.DELSET, 0, (writer) => {
      writer.string(NFTA_SET.TABLE, this.#name.table);
      writer.string(NFTA_SET.NAME, name);
    });
  }

  /** A connection tracking time-out policy (`NFT_OBJECT_CT_TIMEOUT`) and other objects: `write` fills NFTA_OBJ_DATA. */
  addObject(type: number, name: string, write: (writer: MessageWriter) => void): number {
    return this.#message(NFT_MSG.NEWOBJ, NLM_F_CREATE, (writer) => {
      writer.string(NFTA_OBJ.TABLE, this.#name.table);
      writer.string(NFTA_OBJ.NAME, name);
      writer.u32be(NFTA_OBJ.TYPE, type);
      writer.nest(NFTA_OBJ.DATA, () => write(writer));
    });
  }

  /** EEXIST, or EBUSY with other data, when the set has the key already. */
  addElements(set: string, elements: readonly SetElement[]): readonly number[] {
    return this.#elements(NFT_MSG.NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL, set, elements);
  }

  /** By their keys; ENOENT when the set lacks one. */
  deleteElements(set: string, elements: readonly Pick<SetElement, 'key'>[]): readonly number[] {
    return this.#elements(NFT_MSG.DELSETELEM, 0, set, elements);
  }

  /**
   * Sends the batch; answers what the kernel refused, and then nothing of the batch is in force. An empty list
   * means that all of it is. Throws a {@link SystemError} where the batch was not even looked at (EPERM), or
   * where nobody knows what became of it (ENOBUFS).
   */
  commit(socket: NetlinkSocket): readonly Refusal[] {
    if (this.#begun === null) return [];
    const { writer, sequence: beginSequence } = this.#begun;
    writer.addFlags(this.#lastMessage, NLM_F_ACK);
    writeBoundary(writer, NFNL_MSG_BATCH_END, this.#nextSequence());
    const answers = socket.transact(writer.bytes());
    const refused = answers.filter(({ errno }) => errno !== 0);
    const whole = refused.find(({ sequence }) => sequence === beginSequence);
    if (whole !== undefined) throw new SystemError('nf_tables batch', whole.errno, whole.detail);
    if (refused.length === 0 && !answers.some(({ sequence }) => sequence === this.#lastSequence)) {
      throw new SystemError(
        'nf_tables batch',
        constants.errno.ENOBUFS,
        'the kernel did not say what became of it',
      );
    }
    return refused.map(({ sequence, errno, detail }) => ({
      sequence,
      error: new SystemError('nf_tables batch', errno, detail),
    }));
  }

  #elements(message: number, flags: number, set: string, elements: readonly SetElement[]): readonly number[] {
    const sequences: number[] = [];
    let next = 0;
    while (next < elements.length) {
      sequences.push(
        this.#message(message, flags, (writer) => {
          writer.string(NFTA_SET_ELEM_LIST.TABLE, this.#name.table);
          writer.string(NFTA_SET_ELEM_LIST.SET, set);
          const list = writer.beginNest(NFTA_SET_ELEM_LIST.ELEMENTS);
          while (next < elements.length && writer.length - list < ELEMENT_LIST_BYTES) {
            writeElement(writer, elements[next]!);
            next += 1;
          }
          writer.endNest(list);
        }),
      );
    }
    return sequences;
  }

  #message(message: number, flags: number, write: (writer: MessageWriter) => void): number {
    const { writer } = (this.#begun ??= this.#begin());
    const sequence = this.#nextSequence();
    const start = writer.beginMessage(nfTablesType(message), NLM_F_REQUEST | flags, sequence);
    writer.raw(nfGenHeader(this.#name.family));
    write(writer);
    writer.endMessage(start);
    this.#lastMessage = start;
    this.#lastSequence = sequence;
    return sequence;
  }

  #begin(): { readonly writer: MessageWriter; readonly sequence: number } {
    const writer = new MessageWriter();
    const sequence = this.#nextSequence();
    writeBoundary(writer, NFNL_MSG_BATCH_BEGIN, sequence);
    return { writer, sequence };
  }
}

function writeBoundary(writer: MessageWriter, type: number, sequence: number): void {
  const start = writer.beginMessage(type, NLM_F_REQUEST, sequence);
  writer.raw(nfGenHeader(0, NFNL_SUBSYS_NFTABLES));
  writer.endMessage(start);
}

function writeElement(writer: MessageWriter, element: SetElement): void {
  const nest = writer.beginNest(NFTA_LIST_ELEM);
  const key = writer.beginNest(NFTA_SET_ELEM.KEY);
  writer.data(NFTA_DATA.VALUE, element.key);
  writer.endNest(key);
  if (element.data !== undefined) {
    const data = writer.beginNest(NFTA_SET_ELEM.DATA);
    if (element.data instanceof Uint8Array) writer.data(NFTA_DATA.VALUE, element.data);
    else writeVerdict(writer, element.data.code, element.data.chain);
    writer.endNest(data);
  }
  writer.endNest(nest);
}
