// SPDX-License-Identifier: MIT
import { parseDuration, type Infer, type ObjectSchema } from 'sluice';

export const options = {
  type: 'object',
  properties: {
    connect_timeout: {
      type: 'string',
      format: 'duration',
      default: '3s',
      description: 'How long a member may take to accept a TCP connection before another is tried.',
    },
    connect_retries: {
      type: 'integer',
      minimum: 0,
      maximum: 255,
      default: 2,
      description:
        'How many other members are tried when one does not accept a TCP connection; the client is reset after the last.',
    },
    max_connections: {
      type: 'integer',
      minimum: 1,
      default: 10_000,
      description:
        'TCP connections at a time, over all services; more are reset. Each takes two file descriptors.',
    },
    udp_idle: {
      type: 'string',
      format: 'duration',
      default: '1m',
      description: 'A client of a UDP service keeps its member until nothing was said for so long.',
    },
    max_flows: {
      type: 'integer',
      minimum: 1,
      default: 10_000,
      description:
        'UDP clients (address and port) at a time, over all services; datagrams of more are dropped. Each takes a file descriptor.',
    },
  },
  additionalProperties: false,
} as const satisfies ObjectSchema;

export interface ProxyOptions {
  readonly connectTimeoutMs: number;
  readonly connectRetries: number;
  readonly maxConnections: number;
  readonly udpIdleMs: number;
  readonly maxFlows: number;
}

export function readOptions(raw: Infer<typeof options>): ProxyOptions {
  return {
    connectTimeoutMs: parseDuration(raw.connect_timeout),
    connectRetries: raw.connect_retries,
    maxConnections: raw.max_connections,
    udpIdleMs: parseDuration(raw.udp_idle),
    maxFlows: raw.max_flows,
  };
}
