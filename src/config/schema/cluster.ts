// SPDX-License-Identifier: MIT
import { ADMIN, type CoreSchema, mapping, named } from './core-schema.js';
import { SERVICE } from './service.js';

const MEMBER_ADDRESS: CoreSchema = { type: 'string', format: 'member-address' };

export const MEMBER: CoreSchema = mapping(
  {
    address: {
      anyOf: [
        MEMBER_ADDRESS,
        { type: 'array', items: { type: 'string', format: 'address' }, minItems: 1, uniqueItems: true },
      ],
      description:
        "The member's IP address, a list of one IPv4 and one IPv6 address (the listen's family picks one), or a DNS name together with resolve.",
    },
    resolve: {
      type: 'string',
      format: 'interval',
      description: 'How often the DNS name in address is looked up.',
    },
    weight: {
      type: 'integer',
      minimum: 0,
      maximum: 256,
      description: 'Its share of new connections against the other members; 0 gets no new ones.',
      default: 1,
    },
    admin: ADMIN,
    labels: named(
      { type: 'string' },
      {
        description: 'Words of your own, name to text: shown in status, and to be used in patterns.',
        default: {},
      },
    ),
  },
  { required: ['address'] },
);

export const CLUSTER: CoreSchema = mapping(
  {
    members: named(
      { anyOf: [MEMBER_ADDRESS, MEMBER] },
      { minProperties: 1, description: 'The hosts that serve, by name: an address, or a mapping.' },
    ),
    services: named(SERVICE, { minProperties: 1, description: 'What they serve, by name.' }),
  },
  { required: ['members', 'services'] },
);

export const CLUSTERS: CoreSchema = named(CLUSTER, {
  minProperties: 1,
  description: 'Sets of members that serve a set of services, by name.',
});
