// SPDX-License-Identifier: MIT
import type { Endpoint, Service } from '../model.js';
import type { WatchTarget } from '../plugin/api.js';

/** An endpoint as traffic meets it: each address and protocol that its service's listens send to it. */
export function watchTargets(service: Service, endpoint: Endpoint): WatchTarget[] {
  const targets = new Map<string, WatchTarget>();
  for (const { family, protocol } of service.listens) {
    const address = endpoint.addresses[family] ?? endpoint.addresses[family === 4 ? 6 : 4];
    if (address === undefined) continue;
    targets.set(`${address} ${protocol}`, {
      endpoint: endpoint.id,
      address,
      ports: endpoint.ports,
      protocol,
    });
  }
  return [...targets.values()];
}
