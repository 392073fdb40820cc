// SPDX-License-Identifier: MIT
import { CHECKS } from './check.js';
import { ADMIN, type CoreSchema, NAME, PORT, mapping, named } from './core-schema.js';

const DURATION: CoreSchema = { type: 'string', format: 'duration' };
const INTERVAL: CoreSchema = { type: 'string', format: 'interval' };

const WATCH: CoreSchema = {
  type: 'object',
  properties: {
    type: { ...NAME, description: 'The name of the watch.' },
    on: {
      type: 'string',
      enum: ['down', 'verify', 'observe'],
      description:
        'What a signal does: verify starts a probe at once, whose failure is enough; down takes the member down, and passes bring it back; observe only counts.',
      default: 'verify',
    },
    count: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      description: 'Signals that it takes.',
      default: 1,
    },
    within: { ...INTERVAL, description: 'The time within which they must come.', default: '1s' },
  },
  required: ['type'],
  additionalProperties: true,
};

/** The keys of every watch; all others belong to the watch itself. */
export const WATCH_KEYS: readonly string[] = Object.keys(WATCH.properties ?? {});

const THRESHOLD: CoreSchema = {
  anyOf: [
    { type: 'integer', minimum: 1, maximum: 65535 },
    { type: 'string', format: 'percent' },
  ],
};

/** Keys that a service takes from `defaults` where it does not say otherwise. */
export const INHERITED_SERVICE_KEYS: Readonly<Record<string, CoreSchema>> = {
  backend: {
    ...NAME,
    description: 'The engine that holds the rules.',
    default: 'nftables',
  },
  scheduler: {
    anyOf: [
      NAME,
      mapping(
        {
          name: { ...NAME, description: 'The name of the scheduler.' },
          flags: {
            type: 'array',
            items: NAME,
            uniqueItems: true,
            description: 'Flags of the scheduler, where the backend has any.',
            default: [],
          },
        },
        { required: ['name'] },
      ),
    ],
    description:
      'How new connections are dealt to members, always by weight: round-robin, random or source-hash (one client address, one member). A backend may add its own, and aliases such as rr.',
    default: 'round-robin',
  },
  persistence: {
    anyOf: [
      DURATION,
      mapping(
        {
          timeout: { ...DURATION, description: 'How long a client that stays away is remembered.' },
          netmask: {
            type: 'integer',
            minimum: 1,
            maximum: 32,
            description: 'IPv4 prefix length: clients within one prefix count as one.',
            default: 32,
          },
          netmask6: {
            type: 'integer',
            minimum: 1,
            maximum: 128,
            description: 'IPv6 prefix length: clients within one prefix count as one.',
            default: 128,
          },
          on_down: {
            type: 'string',
            enum: ['rebalance', 'keep'],
            description:
              'What becomes of the clients of a member that is down: rebalance gives them to the others at once; keep leaves them until their time is over.',
            default: 'rebalance',
          },
        },
        { required: ['timeout'] },
      ),
    ],
    description:
      'The same client gets the same member, for this long since its last connection. Default: off.',
  },
  forwarding: {
    anyOf: [
      { type: 'string', enum: ['nat', 'route', 'tunnel', 'proxy'] },
      mapping(
        {
          tunnel: {
            type: 'string',
            enum: ['ipip', 'gue', 'gre'],
            description: 'The encapsulation.',
          },
          port: { ...PORT, description: 'The UDP port of gue on the member.' },
        },
        { required: ['tunnel'] },
      ),
    ],
    description:
      'How packets reach members: nat rewrites the destination; route sends them on as they are (direct routing); tunnel (ipip unless told otherwise) wraps them; proxy opens connections of its own. Default: nat; proxy on the proxy backend.',
  },
  source_nat: {
    type: 'string',
    format: 'source-nat',
    description:
      'What members see as the source of connections: none (the client), masquerade (an address of this host), or one address.',
    default: 'none',
  },
  check: CHECKS,
  watch: {
    type: 'array',
    items: { anyOf: [NAME, WATCH] },
    description: 'Passive observers of live traffic, by name, or with their options. Default: none.',
  },
  rescue: {
    type: 'boolean',
    description: "Spare clients the reset of a member's dead port: their connection is tried elsewhere.",
    default: false,
  },
  fallback: {
    type: 'string',
    format: 'endpoint',
    description: 'ADDR:PORT that takes the traffic when no member can, the sorry server. Default: none.',
  },
  min_up: {
    anyOf: [
      ...(THRESHOLD.anyOf ?? []),
      mapping(
        {
          down: { ...THRESHOLD, description: 'Fewer members up than this take the service down.' },
          up: { ...THRESHOLD, description: 'This many members up bring it back. Default: down.' },
        },
        { required: ['down'] },
      ),
    ],
    description:
      'Fewer members up than this, a count or a percentage of the enabled members with a weight above 0, take the service down.',
    default: 1,
  },
  on_all_down: {
    type: 'string',
    enum: ['fallback', 'refuse', 'hold'],
    description:
      'What happens when the service is down: fallback sends traffic there; refuse answers TCP by reset and UDP by ICMP, at once; hold keeps the last members that were up. Default: fallback where there is one, else refuse.',
  },
  panic: mapping(
    {
      share: {
        type: 'string',
        format: 'percent',
        description: 'The share of the members that must fail.',
        default: '100%',
      },
      within: { ...INTERVAL, description: 'The window within which they fail.', default: '5s' },
    },
    {
      description:
        "So many members failing within one window are taken for a fault of the network or of this host: the members up at the window's start stay, until one of them passes or fails again after it. Default: off.",
    },
  ),
  on_down: mapping(
    {
      rule: {
        type: 'string',
        enum: ['remove', 'quiesce'],
        description: 'What a failure does to the rule of the member: it goes, or stays with weight 0.',
        default: 'remove',
      },
      udp: {
        type: 'string',
        enum: ['flush', 'keep'],
        description: 'Whether the UDP entries of the member leave the connection table.',
        default: 'flush',
      },
      tcp: {
        type: 'string',
        enum: ['keep', 'reset'],
        description: 'Whether the TCP connections of the member are reset.',
        default: 'keep',
      },
      unanswered: {
        type: 'string',
        enum: ['flush', 'keep'],
        description: 'Whether connections that the member never answered leave the connection table.',
        default: 'flush',
      },
    },
    {
      description:
        'What a failure of a member does. The defaults for the connection table hold where the backend can.',
    },
  ),
  flap: mapping(
    {
      changes: {
        type: 'integer',
        minimum: 2,
        maximum: 1000,
        description: 'Changes of state that it takes.',
        default: 4,
      },
      within: { ...INTERVAL, description: 'The time within which they must come.', default: '1m' },
      hold: { ...INTERVAL, description: 'How long the member then stays down.', default: '2m' },
    },
    { description: 'Damping: a member that changes too often stays down for a while. Default: off.' },
  ),
  slow_start: {
    ...DURATION,
    description: 'How long the share of a member that comes back takes to grow to its full weight.',
    default: '0s',
  },
  drain: {
    ...DURATION,
    description: 'The longest time that a draining member keeps its connections.',
    default: '5m',
  },
  limits: mapping(
    {
      upper: {
        type: 'integer',
        minimum: 0,
        maximum: 0xffffffff,
        description: 'Connections above which a member gets no new ones; 0 is no limit.',
        default: 0,
      },
      lower: {
        type: 'integer',
        minimum: 0,
        maximum: 0xffffffff,
        description: 'Connections below which it gets new ones again; 0 is three quarters of upper.',
        default: 0,
      },
    },
    { description: 'Limits of connections for each member. Default: none.' },
  ),
};

const OVERRIDE = mapping({
  weight: { type: 'integer', minimum: 0, maximum: 256, description: "Instead of the member's own weight." },
  port: { ...PORT, description: 'Instead of the port of the service.' },
  admin: { ...ADMIN, description: "Instead of the member's own admin." },
});

const LISTEN: CoreSchema = { type: 'string', format: 'listen' };

export const SERVICE: CoreSchema = mapping({
  listen: {
    anyOf: [LISTEN, { type: 'array', items: LISTEN, minItems: 1, uniqueItems: true }],
    description:
      'What clients connect to: ADDR:PORT or ADDR:FIRST-LAST, IPv6 as "[ADDR]:PORT", tcp unless it ends in /udp; the name of an interface stands for every address of it. Or a list of them.',
  },
  fwmark: {
    anyOf: [
      { type: 'integer', minimum: 1, maximum: 0xffffffff },
      { type: 'string', format: 'fwmark' },
    ],
    description:
      'Select traffic by firewall mark, N or N/MASK. With listen, sluice marks that traffic; without, marks are set elsewhere.',
  },
  port: {
    ...PORT,
    description: "The members' port. Default: as listened, each listened port its own.",
  },
  members: {
    anyOf: [
      { type: 'array', items: NAME, minItems: 1, uniqueItems: true },
      named(OVERRIDE, { minProperties: 1 }),
    ],
    description:
      'The members of the cluster that serve it, as a list; or all of them with overrides by name: weight, port, admin. Default: all of them.',
  },
  ...INHERITED_SERVICE_KEYS,
});
