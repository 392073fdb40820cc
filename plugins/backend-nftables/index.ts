// SPDX-License-Identifier: MIT
import { defineBackend } from 'sluice';
import { NftablesBackend } from './backend.js';

/** Virtual services by destination NAT in the kernel's nf_tables. */
export default defineBackend({
  name: 'nftables',
  description: 'Destination NAT by nf_tables, the packet filter of Linux: needs CAP_NET_ADMIN and koffi.',
  capabilities: {
    atomic: 'service',
    families: [4, 6],
    protocols: ['tcp', 'udp'],
    forwarding: ['nat'],
    schedulers: ['round-robin', 'random', 'source-hash'],
    schedulerAliases: {
      rr: 'round-robin',
      wrr: 'round-robin',
      sh: 'source-hash',
      hash: 'source-hash',
      source: 'source-hash',
    },
    schedulerFlags: [],
    slots: true,
    sourceNat: ['masquerade', 'address'],
    fwmark: false,
    persistence: false,
    netmask: false,
    fallback: false,
    minUp: false,
    refuse: true,
    hold: true,
    rescue: false,
    limits: false,
    quiesce: false,
    draining: false,
    portRanges: false,
    listenInterface: false,
    translatesFamily: false,
    hygiene: false,
    slowStart: false,
    panic: false,
    flap: false,
  },
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      table: {
        type: 'string',
        pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$',
        default: 'sluice',
        description: 'Name of the table (family inet) that sluice makes, and that is its alone.',
      },
      probe_timeouts: {
        type: 'boolean',
        default: true,
        description:
          "Whether finished probes leave the connection table after a second or two: a time-out policy for connections of the daemon's own user.",
      },
    },
  },
  create: (context, options) => new NftablesBackend(context, options),
});
