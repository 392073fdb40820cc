// SPDX-License-Identifier: MIT
/** Reads what nf_tables holds: dumps of tables, chains, rules, sets and their elements. */
import {
  MessageWriter,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  attributeList,
  attributes,
  numberOf,
  textOf,
  type Attributes,
  type NetlinkMessage,
} from './netlink-message.js';
import type { NetlinkSocket } from './netlink.js';
import {
  NFTA_CHAIN,
  NFTA_DATA,
  NFTA_EXPR,
  NFTA_GEN_ID,
  NFTA_HOOK,
  NFTA_RULE,
  NFTA_SET,
  NFTA_SET_ELEM,
  NFTA_SET_ELEM_LIST,
  NFTA_TABLE,
  NFTA_VERDICT,
  NFT_MSG,
} from './nf-tables-constants.js';
import { nfGenHeader, nfTablesType, type TableName } from './nf-tables.js';
import { commentOf } from './nf-tables-userdata.js';
import { isSystemError } from './system-error.js';

export interface HeldTable {
  readonly family: number;
  readonly name: string;
  readonly flags: number;
  readonly comment: string | undefined;
}

export interface HeldChain {
  readonly family: number;
  readonly table: string;
  readonly name: string;
  /** Only base chains have a hook. */
  readonly base: { readonly type: string; readonly hook: number; readonly priority: number } | null;
  /** NF_ACCEPT or NF_DROP; null for chains without a hook. */
  readonly policy: number | null;
}

export interface HeldRule {
  readonly chain: string;
  readonly comment: string | undefined;
  readonly expressions: readonly { readonly name: string; readonly data: Buffer }[];
}

export interface HeldSet {
  readonly name: string;
  readonly flags: number;
  readonly keyBytes: number;
  readonly dataType: number;
  readonly dataBytes: number;
}

export interface HeldElement {
  readonly key: Buffer;
  readonly data: Buffer | undefined;
  readonly verdict: { readonly code: number; readonly chain: string | undefined } | undefined;
}

/** The ruleset's generation: it changes with every commit of anybody. */
export async function readGeneration(socket: NetlinkSocket): Promise<number> {
  let generation = 0;
  await ask(socket, 'GETGEN', NFT_MSG.GETGEN, NLM_F_ACK, 0, (message) => {
    generation = numberOf(fieldsOf(message).get(NFTA_GEN_ID)) ?? generation;
  });
  return generation;
}

/** One table; null when there is none of that name. */
export async function readTable(socket: NetlinkSocket, name: TableName): Promise<HeldTable | null> {
  let table: HeldTable | null = null;
  const visit = (message: NetlinkMessage): void => {
    table = tableOf(message);
  };
  try {
    await ask(socket, 'GETTABLE', NFT_MSG.GETTABLE, NLM_F_ACK, name.family, visit, (writer) =>
      writer.string(NFTA_TABLE.NAME, name.table),
    );
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
  return table;
}

/** All chains of a family (NFPROTO_*, 0 for all), everybody's. */
export async function readChains(socket: NetlinkSocket, family: number): Promise<readonly HeldChain[]> {
  const chains: HeldChain[] = [];
  await ask(socket, 'GETCHAIN', NFT_MSG.GETCHAIN, NLM_F_DUMP, family, (message) => {
    chains.push(chainOf(message));
  });
  return chains;
}

/** Shows `visit` the rules of a table in order, chain by chain. */
export async function readRules(
  socket: NetlinkSocket,
  name: TableName,
  visit: (rule: HeldRule) => void,
): Promise<void> {
  const visitMessage = (message: NetlinkMessage): void => {
    const fields = fieldsOf(message);
    // Old kernels don't filter.
    if (textOf(fields.get(NFTA_RULE.TABLE)) !== name.table) return;
    visit({
      chain: textOf(fields.get(NFTA_RULE.CHAIN)) ?? '',
      comment: commentOf(fields.get(NFTA_RULE.USERDATA)),
      expressions: expressionsOf(fields.get(NFTA_RULE.EXPRESSIONS)),
    });
  };
  await ask(socket, 'GETRULE', NFT_MSG.GETRULE, NLM_F_DUMP, name.family, visitMessage, (writer) =>
    writer.string(NFTA_RULE.TABLE, name.table),
  );
}

/** The sets and maps of a table. */
export async function readSets(socket: NetlinkSocket, name: TableName): Promise<readonly HeldSet[]> {
  const sets: HeldSet[] = [];
  const visit = (message: NetlinkMessage): void => {
    const fields = fieldsOf(message);
    sets.push({
      name: textOf(fields.get(NFTA_SET.NAME)) ?? '',
      flags: numberOf(fields.get(NFTA_SET.FLAGS)) ?? 0,
      keyBytes: numberOf(fields.get(NFTA_SET.KEY_LEN)) ?? 0,
      dataType: numberOf(fields.get(NFTA_SET.DATA_TYPE)) ?? 0,
      dataBytes: numberOf(fields.get(NFTA_SET.DATA_LEN)) ?? 0,
    });
  };
  await ask(socket, 'GETSET', NFT_MSG.GETSET, NLM_F_DUMP, name.family, visit, (writer) =>
    writer.string(NFTA_SET.TABLE, name.table),
  );
  return sets;
}

/** Shows `visit` all elements of a set or map. ENOENT without such a set. */
export async function readElements(
  socket: NetlinkSocket,
  name: TableName,
  set: string,
  visit: (element: HeldElement) => void,
): Promise<void> {
  const visitMessage = (message: NetlinkMessage): void => {
    const list = fieldsOf(message).get(NFTA_SET_ELEM_LIST.ELEMENTS);
    if (list !== undefined) for (const { data } of attributeList(list)) visit(elementOf(data));
  };
  await ask(socket, 'GETSETELEM', NFT_MSG.GETSETELEM, NLM_F_DUMP, name.family, visitMessage, (writer) => {
    writer.string(NFTA_SET_ELEM_LIST.TABLE, name.table);
    writer.string(NFTA_SET_ELEM_LIST.SET, set);
  });
}

/** The table that a message or notification is about: all of nf_tables carry its name first. */
export function tableNameOf(message: NetlinkMessage): TableName {
  return { family: message.payload[0] ?? 0, table: textOf(fieldsOf(message).get(NFTA_TABLE.NAME)) ?? '' };
}

/** `struct nfgenmsg` */
const HEADER_BYTES = 4;

function fieldsOf(message: NetlinkMessage): Attributes {
  return attributes(message.payload.subarray(HEADER_BYTES));
}

async function ask(
  socket: NetlinkSocket,
  syscall: string,
  message: number,
  flags: number,
  family: number,
  visit: (message: NetlinkMessage) => void,
  write: (writer: MessageWriter) => void = () => {},
): Promise<void> {
  const writer = new MessageWriter(256);
  const sequence = socket.nextSequence();
  const start = writer.beginMessage(nfTablesType(message), NLM_F_REQUEST | flags, sequence);
  writer.raw(nfGenHeader(family));
  write(writer);
  writer.endMessage(start);
  await socket.dump(syscall, sequence, writer.bytes(), visit);
}

function tableOf(message: NetlinkMessage): HeldTable {
  const fields = fieldsOf(message);
  return {
    family: message.payload[0] ?? 0,
    name: textOf(fields.get(NFTA_TABLE.NAME)) ?? '',
    flags: numberOf(fields.get(NFTA_TABLE.FLAGS)) ?? 0,
    comment: commentOf(fields.get(NFTA_TABLE.USERDATA)),
  };
}

function chainOf(message: NetlinkMessage): HeldChain {
  const fields = fieldsOf(message);
  const hook = fields.get(NFTA_CHAIN.HOOK);
  const hooked = attributes(hook);
  return {
    family: message.payload[0] ?? 0,
    table: textOf(fields.get(NFTA_CHAIN.TABLE)) ?? '',
    name: textOf(fields.get(NFTA_CHAIN.NAME)) ?? '',
    base:
      hook === undefined
        ? null
        : {
            type: textOf(fields.get(NFTA_CHAIN.TYPE)) ?? '',
            hook: numberOf(hooked.get(NFTA_HOOK.HOOKNUM)) ?? -1,
            priority: (numberOf(hooked.get(NFTA_HOOK.PRIORITY)) ?? 0) | 0,
          },
    policy: numberOf(fields.get(NFTA_CHAIN.POLICY)) ?? null,
  };
}

function expressionsOf(data: Buffer | undefined): HeldRule['expressions'] {
  if (data === undefined) return [];
  return attributeList(data).map((item) => {
    const fields = attributes(item.data);
    return { name: textOf(fields.get(NFTA_EXPR.NAME)) ?? '', data: fields.get(NFTA_EXPR.DATA) ?? NOTHING };
  });
}

const NOTHING = Buffer.alloc(0);

function elementOf(data: Buffer): HeldElement {
  const fields = attributes(data);
  const held = attributes(fields.get(NFTA_SET_ELEM.DATA));
  const verdict = held.get(NFTA_DATA.VERDICT);
  return {
    key: attributes(fields.get(NFTA_SET_ELEM.KEY)).get(NFTA_DATA.VALUE) ?? NOTHING,
    data: held.get(NFTA_DATA.VALUE),
    verdict: verdict === undefined ? undefined : verdictOf(verdict),
  };
}

function verdictOf(data: Buffer): { code: number; chain: string | undefined } {
  const fields = attributes(data);
  return {
    code: (numberOf(fields.get(NFTA_VERDICT.CODE)) ?? 0) | 0,
    chain: textOf(fields.get(NFTA_VERDICT.CHAIN)),
  };
}
