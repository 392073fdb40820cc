// SPDX-License-Identifier: MIT
/** What rtnetlink says of neighbours, linux/neighbour.h. Pure: nothing here talks to a socket. */
import { littleEndian } from './byte-order.js';
import { AF_INET, AF_INET6 } from './ffi.js';
import { addressText } from './ip-address.js';
import { attributes, type NetlinkMessage } from './netlink-message.js';

export const NETLINK_ROUTE = 0;
export const RTNLGRP_NEIGH = 3;
const RTM_NEWNEIGH = 28;
const NDA_DST = 1;
/** `struct ndmsg` */
const HEADER_BYTES = 12;

const NUD_FAILED = 0x20;
/** The link-layer address is known: reachable, stale, delay, probe, noarp, permanent. */
const NUD_VALID = 0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x80;

export interface Neighbour {
  readonly address: string;
  /** Index of the device it is on. */
  readonly device: number;
  /** `failed`: it doesn't answer to ARP or neighbour discovery. `reachable`: its link-layer address is known. */
  readonly state: 'failed' | 'reachable';
}

/** The neighbour a message is about; null when it is something else, or a state in between. */
export function readNeighbour({ type, payload }: NetlinkMessage): Neighbour | null {
  if (type !== RTM_NEWNEIGH || payload.length < HEADER_BYTES) return null;
  const family = payload[0]!;
  const address = attributes(payload.subarray(HEADER_BYTES)).get(NDA_DST);
  // Bridges tell of their ports in the same way.
  if (address === undefined || address.length !== addressBytesOf(family)) return null;
  const device = littleEndian ? payload.readInt32LE(4) : payload.readInt32BE(4);
  const state = littleEndian ? payload.readUInt16LE(8) : payload.readUInt16BE(8);
  if ((state & (NUD_FAILED | NUD_VALID)) === 0) return null;
  return {
    address: addressText(address),
    device,
    state: (state & NUD_FAILED) !== 0 ? 'failed' : 'reachable',
  };
}

function addressBytesOf(family: number): number {
  if (family === AF_INET) return 4;
  return family === AF_INET6 ? 16 : -1;
}
