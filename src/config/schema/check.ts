// SPDX-License-Identifier: MIT
import { type CoreSchema, NAME, PORT } from './core-schema.js';

/** The keys of every check; all others belong to the check's type. */
export const COMMON_CHECK_KEYS: Readonly<Record<string, CoreSchema>> = {
  type: {
    ...NAME,
    description: 'What kind of check: tcp, http, tls, udp, command, agent, or a plugin that plugins loads.',
    default: 'tcp',
  },
  interval: {
    type: 'string',
    format: 'interval',
    description: 'Time from the start of one probe to the start of the next.',
    default: '2s',
  },
  timeout: {
    type: 'string',
    format: 'timeout',
    description:
      'A probe without an answer by then has failed. At most the interval; a shorter interval shortens a timeout that nobody stated.',
    default: '1s',
  },
  rise: {
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    description: 'Passes in a row that bring a member up. The first result after start decides at once.',
    default: 2,
  },
  fall: {
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    description: 'Failures in a row that take a member down.',
    default: 3,
  },
  fast_interval: {
    type: 'string',
    format: 'interval',
    description:
      'The interval while a change is pending, that is between the first differing result and the decision. Default: a quarter of interval, at least 100ms.',
  },
  down_interval: {
    type: 'string',
    format: 'interval',
    description: 'The interval while the member is down. Default: interval.',
  },
  port: {
    ...PORT,
    description:
      "The port to probe. Default: the member's port; a must where the service reaches several ports of a member.",
  },
  address: {
    type: 'string',
    format: 'address',
    description: "The address to probe instead of the member's own.",
  },
  source: {
    type: 'string',
    format: 'probe-source',
    description: 'The address or the interface to probe from. Default: as the system routes.',
  },
  fwmark: {
    type: 'integer',
    minimum: 1,
    maximum: 0xffffffff,
    description: "A firewall mark to set on the probe's own packets. Default: none.",
  },
};

/** One check: common keys checked here, the others left to its type. */
export const CHECK: CoreSchema = {
  type: 'object',
  properties: COMMON_CHECK_KEYS,
  additionalProperties: true,
};

const CHECK_DESCRIPTION =
  "How members are probed: one check, a list of checks that must all pass, or none, which takes every member for up. The keys common to all checks are taken from defaults.check one by one; a type's own keys only where the type is the same; a list replaces the other list.";

export const CHECKS: CoreSchema = {
  anyOf: [{ type: 'string', enum: ['none'] }, CHECK, { type: 'array', items: CHECK, minItems: 1 }],
  description: CHECK_DESCRIPTION,
};
