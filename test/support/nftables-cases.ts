// SPDX-License-Identifier: MIT
/** Changes whose nft text is pinned in test/golden/nftables, one file each. */
import type { VirtualService } from '../../src/virtual-service.js';
import { virtual } from './nftables.js';

export interface RenderCase {
  /** The golden file's name. */
  readonly name: string;
  readonly before: readonly VirtualService[];
  readonly after: readonly VirtualService[];
}

const A = '10.0.0.1:8080';
const B = '10.0.0.2:8080';
const C = '10.0.0.3:8080';
const A6 = '[2001:db8:1::1]:8080';
const B6 = '[2001:db8:1::2]:8080';

const web = (slots: readonly string[], scheduler = 'round-robin', sourceNat = 'none'): VirtualService =>
  virtual('192.0.2.1:80/tcp', slots, { scheduler, sourceNat, service: 'shop/http' });
const web6 = (slots: readonly string[], scheduler = 'round-robin', sourceNat = 'none'): VirtualService =>
  virtual('[2001:db8::1]:80/tcp', slots, { scheduler, sourceNat, service: 'shop/http' });
const dns = (slots: readonly string[], scheduler = 'random'): VirtualService =>
  virtual('192.0.2.1:53/udp', slots, { scheduler, service: 'shop/dns' });

export const renderCases: readonly RenderCase[] = [
  { name: 'add-round-robin', before: [], after: [web([A, B, A, C])] },
  { name: 'add-random', before: [], after: [dns([A, B])] },
  { name: 'add-source-hash', before: [], after: [web([A, B, C], 'source-hash')] },
  { name: 'add-ipv6', before: [], after: [web6([A6, B6])] },
  {
    name: 'add-source-nat',
    before: [],
    after: [web([A], 'random', 'masquerade'), web6([A6], 'random', '2001:db8::99')],
  },
  { name: 'add-empty', before: [], after: [web([]), dns([])] },
  { name: 'member-down', before: [web([A, B, C, A])], after: [web([A, B, B, A])] },
  { name: 'last-member-down', before: [web([A, A]), dns([A, B])], after: [web([]), dns([])] },
  { name: 'first-member-up', before: [web([]), dns([])], after: [web([B, B]), dns([B, B])] },
  { name: 'more-slots', before: [web([A, B]), dns([A, B])], after: [web([A, B, C]), dns([A, B, C])] },
  { name: 'other-scheduler', before: [web([A, B])], after: [web([A, B], 'source-hash')] },
  {
    name: 'other-source-nat',
    before: [web([A], 'random', 'masquerade')],
    after: [web([A], 'random', '192.0.2.99')],
  },
  { name: 'hole-filled', before: [web(['', B])], after: [web([A, B])] },
  { name: 'remove', before: [web([A, B]), web6([B6], 'random', 'masquerade')], after: [] },
];
