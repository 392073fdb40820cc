// SPDX-License-Identifier: MIT
import type { RemovalReason } from '../change-set.js';
import { computeService } from '../desired/compute.js';
import type { Capabilities } from '../plugin/api.js';
import { type RealServer, serverKey, type VirtualService } from '../virtual-service.js';
import type { EndpointRecord, HealthBook } from './health-book.js';

/** What one engine is to hold, drawn from a health book: the pure half of a reconciler's host. */
export interface Demand {
  compute(serviceId: string, held: (key: string) => VirtualService | undefined): readonly VirtualService[];
  serviceIds(): Iterable<string>;
  reasonOf(service: VirtualService, member: RealServer): RemovalReason;
}

export function demandOf(book: HealthBook, backend: string, capabilities: Capabilities): Demand {
  const ids = [...book.services.values()]
    .filter((service) => service.backend === backend)
    .map(({ id }) => id);
  return {
    serviceIds: () => ids,
    compute: (id, held) =>
      computeService(book.services.get(id)!, (endpoint) => book.view(endpoint), held, capabilities),
    reasonOf: (service, member) => removalReason(book, service, member),
  };
}

/** Why a server leaves a service. A server read back from a kernel bears no name: its address tells who it is. */
function removalReason(book: HealthBook, { service }: VirtualService, member: RealServer): RemovalReason {
  const record = book.records.get(member.endpoint) ?? recordAt(book, service, member);
  if (record === undefined) return 'unconfigured';
  const { admin, state } = book.view(record.endpoint.id);
  if (admin === 'drain') return 'drained';
  if (admin === 'disabled') return 'disabled';
  return state === 'up' ? 'unconfigured' : 'down';
}

function recordAt(book: HealthBook, serviceId: string, member: RealServer): EndpointRecord | undefined {
  const endpoint = book.services
    .get(serviceId)
    ?.endpoints.find(({ addresses, ports }) =>
      [addresses[4], addresses[6]].some(
        (address) =>
          address !== undefined && ports.some((port) => serverKey({ address, port }) === serverKey(member)),
      ),
    );
  return endpoint && book.records.get(endpoint.id);
}
