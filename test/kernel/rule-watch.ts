// SPDX-License-Identifier: MIT
import { NETLINK_NETFILTER, NetlinkSocket, NFNLGRP_NFTABLES } from 'sluice/kernel';

/** Listens to what the kernel tells of changes to its rules, whoever made them. */
export class RuleWatch implements Disposable {
  readonly #socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER, groups: [NFNLGRP_NFTABLES] });
  readonly #heard: Buffer[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    // Often enough for the socket's buffer never to run over.
    this.#timer = setInterval(() => this.#listen(), 20);
  }

  /** How many changes so far bear these bytes: a part of a map's key, or the name of a chain. */
  count(bytes: Buffer): number {
    this.#listen();
    return this.#heard.filter((payload) => payload.includes(bytes)).length;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #listen(): void {
    for (const message of this.#socket.poll()) {
      if (message === null) throw new Error('notifications of the kernel were lost');
      this.#heard.push(message.payload);
    }
  }
}

/** How a key of the maps begins that belongs to this IPv4 TCP service (nf_tables pads each part to four bytes). */
export function serviceKey(address: string, port: number): Buffer {
  return Buffer.from([...address.split('.').map(Number), 6, 0, 0, 0, port >> 8, port & 0xff]);
}
