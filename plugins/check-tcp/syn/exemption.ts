// SPDX-License-Identifier: MIT
import {
  IPPROTO_TCP,
  NETLINK_NETFILTER,
  NFPROTO_INET,
  NFT_TABLE_F_OWNER,
  NF_INET_LOCAL_OUT,
  NF_INET_PRE_ROUTING,
  NetlinkSocket,
  NfTablesBatch,
  type BaseChain,
  type Expression,
  type TableName,
  bitwise,
  cmp,
  commentUserdata,
  meta,
  notrack,
  payload,
  register,
} from 'sluice/kernel';
import type { Mark } from './filters.js';
import { ACKNOWLEDGEMENT, DESTINATION_PORT, FLAGS, RST, SOURCE_PORT, SYN } from './segment.js';

/** `raw` in nft's language: before connection tracking. */
const RAW_PRIORITY = -300;
const AT = register(0);

/**
 * Keeps our probes and their answers out of the connection table, by a table of our own that lives as long as the
 * socket that made it: however this process ends, the kernel takes the rules away. An answer is known by port,
 * flags and tag, not by the port alone: a masqueraded connection of somebody else's may have the same one.
 */
export class Exemption implements Disposable {
  readonly #socket: NetlinkSocket;
  readonly #name: TableName;
  readonly #mark: Mark;
  #installed = false;

  /** Throws the system's error where there is no nf_tables, no right to it (EPERM), or no such tables. */
  constructor(mark: Mark) {
    this.#mark = mark;
    // The port is ours, and so is a name with it.
    this.#name = { family: NFPROTO_INET, table: `sluice_probes_${mark.port}` };
    this.#socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
    try {
      this.#rehearse();
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  /** Puts the rules in force. */
  install(): void {
    if (this.#installed) return;
    const [refusal] = this.#batch().commit(this.#socket);
    if (refusal !== undefined) throw refusal.error;
    this.#installed = true;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  /** Has the kernel look at all of it, with something at the end that it must refuse: nothing is changed. */
  #rehearse(): void {
    const batch = this.#batch();
    const impossible = batch.deleteChain('no-such-chain');
    const refusal = batch.commit(this.#socket).find(({ sequence }) => sequence !== impossible);
    if (refusal !== undefined) throw refusal.error;
  }

  #batch(): NfTablesBatch {
    const batch = new NfTablesBatch(this.#socket, this.#name);
    batch.addTable(commentUserdata('sluice: its own SYN probes are not tracked'), NFT_TABLE_F_OWNER);
    batch.addChain('output', rawBase(NF_INET_LOCAL_OUT));
    batch.addRule('output', [...tcp(), ...half(SOURCE_PORT, this.#mark.port), notrack()]);
    batch.addChain('prerouting', rawBase(NF_INET_PRE_ROUTING));
    batch.addRule('prerouting', [
      ...tcp(),
      ...half(DESTINATION_PORT, this.#mark.port),
      ...half(ACKNOWLEDGEMENT, this.#mark.tag),
      ...anyFlag(SYN | RST),
      notrack(),
    ]);
    return batch;
  }
}

function rawBase(hook: number): BaseChain {
  return { type: 'filter', hook, priority: RAW_PRIORITY };
}

function tcp(): Expression[] {
  return [meta('l4proto', AT), cmp(AT, '==', Uint8Array.of(IPPROTO_TCP))];
}

function half(offset: number, value: number): Expression[] {
  return [payload('transport', offset, 2, AT), cmp(AT, '==', Uint8Array.of(value >> 8, value & 0xff))];
}

function anyFlag(flags: number): Expression[] {
  return [
    payload('transport', FLAGS, 1, AT),
    bitwise(AT, Uint8Array.of(flags), Uint8Array.of(0)),
    cmp(AT, '!=', Uint8Array.of(0)),
  ];
}
