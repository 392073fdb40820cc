// SPDX-License-Identifier: MIT
/** Small services, endpoints and views for tests of the pure core. */
import type { EndpointView } from '../../src/desired/compute.js';
import type { Endpoint, Listen, Service } from '../../src/model.js';
import { frontendKey, serverKey, type RealServer, type VirtualService } from '../../src/virtual-service.js';

export function listen(address: string, port = 80, portLast = port): Listen {
  const family = address.includes(':') ? 6 : 4;
  return { family, address, interface: null, protocol: 'tcp', port, portLast };
}

/** `shop/http/a` at 10.0.0.1, b at 10.0.0.2 and so on, with weight 1. */
export function endpoint(member: string, changes: Partial<Endpoint> = {}): Endpoint {
  return {
    id: `shop/http/${member}`,
    cluster: 'shop',
    service: 'http',
    member,
    addresses: { 4: `10.0.0.${member.charCodeAt(0) - 96}` },
    port: 8080,
    ports: [8080],
    weight: 1,
    admin: 'enabled',
    labels: {},
    ...changes,
  };
}

/** `shop/http` on 192.0.2.10:80/tcp with members a and b. */
export function service(changes: Partial<Service> = {}): Service {
  return {
    id: 'shop/http',
    cluster: 'shop',
    name: 'http',
    listens: [listen('192.0.2.10')],
    fwmark: null,
    port: 8080,
    backend: 'nftables',
    scheduler: { name: 'round-robin', flags: [] },
    persistence: null,
    forwarding: { mode: 'nat' },
    sourceNat: 'none',
    checks: [],
    watches: [],
    rescue: false,
    fallback: null,
    minUp: { down: { count: 1 }, up: { count: 1 } },
    onAllDown: 'refuse',
    panic: null,
    onDown: { rule: 'remove', udp: 'flush', tcp: 'keep', unanswered: 'flush' },
    flap: null,
    slowStartMs: 0,
    drainMs: 300_000,
    limits: null,
    endpoints: [endpoint('a'), endpoint('b')],
    ...changes,
  };
}

export const UP: EndpointView = { state: 'up', admin: 'enabled', weight: 1 };
export const DOWN: EndpointView = { ...UP, state: 'down' };
export const UNKNOWN: EndpointView = { ...UP, state: 'unknown' };
export const DRAINING: EndpointView = { ...UP, admin: 'drain' };

/** Views by member name; members not named are up. */
export function views(byMember: Readonly<Record<string, EndpointView>>): (id: string) => EndpointView {
  return (id) => byMember[id.slice(id.lastIndexOf('/') + 1)] ?? UP;
}

export function server(address: string, changes: Partial<RealServer> = {}): RealServer {
  return { address, port: 80, weight: 1, state: 'active', endpoint: '', ...changes };
}

/** A virtual service with these members, each of one slot. */
export function virtualService(
  members: readonly RealServer[],
  changes: Partial<VirtualService> = {},
): VirtualService {
  const frontend = changes.frontend ?? {
    kind: 'address',
    family: 4,
    address: '192.0.2.10',
    protocol: 'tcp',
    port: 80,
    portLast: 80,
  };
  return {
    key: frontendKey(frontend),
    service: 'shop/http',
    frontend,
    scheduler: { name: 'round-robin', flags: [] },
    forwarding: { mode: 'nat' },
    sourceNat: 'none',
    persistence: null,
    rescue: false,
    limits: null,
    members,
    slots: members.filter((member) => member.state === 'active').map(serverKey),
    ...changes,
  };
}
