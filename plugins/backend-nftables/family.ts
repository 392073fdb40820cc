// SPDX-License-Identifier: MIT
import { NFPROTO_IPV4, NFPROTO_IPV6, type CT_KEYS } from 'sluice/kernel';
import type { Family } from 'sluice';

/** What differs between IPv4 and IPv6 in rules and elements. */
export interface FamilyFacts {
  readonly family: Family;
  readonly nfproto: number;
  readonly addressBytes: number;
  /** Where the addresses are in the network header. */
  readonly sourceOffset: number;
  readonly destinationOffset: number;
  /** Register words: an address fills one or four, and the parts of a key follow each other. */
  readonly protocolWord: number;
  readonly portWord: number;
  readonly slotWord: number;
  /** Past the key: what a hash reads. */
  readonly spareWord: number;
  readonly conntrackDestination: keyof typeof CT_KEYS;
  /** nft's words. */
  readonly header: string;
  readonly addressType: string;
}

export const FAMILIES: Readonly<Record<Family, FamilyFacts>> = {
  4: {
    family: 4,
    nfproto: NFPROTO_IPV4,
    addressBytes: 4,
    sourceOffset: 12,
    destinationOffset: 16,
    protocolWord: 1,
    portWord: 2,
    slotWord: 3,
    spareWord: 8,
    conntrackDestination: 'dstIp',
    header: 'ip',
    addressType: 'ipv4_addr',
  },
  6: {
    family: 6,
    nfproto: NFPROTO_IPV6,
    addressBytes: 16,
    sourceOffset: 8,
    destinationOffset: 24,
    protocolWord: 4,
    portWord: 5,
    slotWord: 6,
    spareWord: 11,
    conntrackDestination: 'dstIp6',
    header: 'ip6',
    addressType: 'ipv6_addr',
  },
};

export const BOTH: readonly FamilyFacts[] = [FAMILIES[4], FAMILIES[6]];
