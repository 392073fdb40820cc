// SPDX-License-Identifier: MIT
/** Which part of a status a PATTERN asks for. */
import type { ClusterStatus, EndpointStatus, MemberStatus, ServiceStatus } from '../status.js';

/**
 * `*`, `?` and `[a-z]` in the way of a shell, matched against whole names, `/` included: `shop/*`, `down`,
 * `rack=r1*`. A cluster or service that matches is shown whole, otherwise its endpoints that match.
 */
export function selectClusters(
  clusters: readonly ClusterStatus[],
  pattern: string,
): readonly ClusterStatus[] {
  const matches = globMatcher(pattern);
  return clusters.flatMap((cluster) => {
    if (matches(cluster.name)) return [cluster];
    const members = new Map(cluster.members.map((member) => [member.name, member]));
    const services = cluster.services.flatMap((service) =>
      selectService(cluster.name, service, members, matches),
    );
    const used = new Set(services.flatMap((service) => service.endpoints.map(({ member }) => member)));
    const kept = cluster.members.filter((member) => used.has(member.name));
    return services.length === 0 ? [] : [{ ...cluster, members: kept, services }];
  });
}

function selectService(
  cluster: string,
  service: ServiceStatus,
  members: ReadonlyMap<string, MemberStatus>,
  matches: (text: string) => boolean,
): readonly ServiceStatus[] {
  if (matches(`${cluster}/${service.name}`) || matches(service.name)) return [service];
  const endpoints = service.endpoints.filter((endpoint) =>
    endpointWords(endpoint, members.get(endpoint.member)).some(matches),
  );
  if (endpoints.length > 0) return [{ ...service, endpoints }];
  return matches(service.state) ? [service] : [];
}

/** All by which an endpoint can be asked for; a resolved one also by its name without the address. */
function endpointWords(endpoint: EndpointStatus, member: MemberStatus | undefined): readonly string[] {
  const labels = Object.entries(member?.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  const plainId = endpoint.id.split('@', 1)[0] ?? endpoint.id;
  return [endpoint.id, plainId, endpoint.member, endpoint.state, endpoint.admin, endpoint.address, ...labels];
}

function globMatcher(pattern: string): (text: string) => boolean {
  const source = pattern
    .replaceAll(/[\\^$.|+(){}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replaceAll('[!', '[^');
  try {
    const expression = new RegExp(`^${source}$`, 'su');
    return (text) => expression.test(text);
  } catch {
    // An unclosed bracket means itself.
    return (text) => text === pattern;
  }
}
