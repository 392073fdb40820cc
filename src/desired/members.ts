// SPDX-License-Identifier: MIT
import type { HealthState } from '../health/machine.js';
import { WEIGHT_MAX } from '../health/weight.js';
import type { Admin, Endpoint } from '../model.js';
import { serverKey, type Frontend, type RealServer } from '../virtual-service.js';

/** What the running daemon knows of an endpoint. */
export interface EndpointView {
  readonly state: HealthState;
  /** What the operator, the config and agents want, together. */
  readonly admin: Admin;
  /** Effective weight. */
  readonly weight: number;
}

/** Where an endpoint is reached from one frontend. */
export interface Place {
  readonly endpoint: Endpoint;
  readonly view: EndpointView;
  readonly key: string;
  readonly address: string;
  readonly port: number;
}

/**
 * The endpoints as one frontend reaches them: by the address of its family, or of the other one where that is
 * the only one (then the backend translates). One whose name does not resolve yet has no place. Port 0 keeps
 * the port that the client asked for.
 */
export function placesOf(
  endpoints: readonly Endpoint[],
  frontend: Frontend,
  view: (endpointId: string) => EndpointView,
): Place[] {
  const listened = frontend.kind === 'address' && frontend.port === frontend.portLast ? frontend.port : 0;
  return endpoints.flatMap((endpoint) => {
    const { 4: four, 6: six } = endpoint.addresses;
    const address = frontend.family === 4 ? (four ?? six) : (six ?? four);
    if (address === undefined) return [];
    const port = endpoint.port ?? listened;
    return [{ endpoint, view: view(endpoint.id), key: serverKey({ address, port }), address, port }];
  });
}

/** A member that takes new connections, or (`draining`) one that only keeps those it has. */
export function realServer(place: Place, state: RealServer['state']): RealServer {
  const { address, port, endpoint, view } = place;
  return { address, port, weight: state === 'active' ? view.weight : 0, state, endpoint: endpoint.id };
}

/**
 * In the order of their keys. Members that are the same address and port are one to an engine: it takes the
 * sum of their shares, and drains only if all of them do.
 */
export function mergeMembers(members: readonly RealServer[]): RealServer[] {
  const merged = new Map<string, RealServer>();
  for (const member of members) {
    const key = serverKey(member);
    const twin = merged.get(key);
    merged.set(key, twin === undefined ? member : mergeTwins(twin, member));
  }
  return [...merged].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member);
}

function mergeTwins(one: RealServer, other: RealServer): RealServer {
  const label = one.state === 'active' || other.state === 'draining' ? one : other;
  return { ...label, weight: Math.min(one.weight + other.weight, WEIGHT_MAX) };
}
