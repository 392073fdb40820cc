// SPDX-License-Identifier: MIT
/** What must hold inside of one service, beyond its shape. */
import type { Capabilities } from '../../plugin/api.js';
import type { Endpoint, Service, Threshold } from '../../model.js';
import { formatAddressPort } from '../listen.js';
import { nearest } from '../nearest.js';
import type { Path, Problem } from '../problem.js';
import { isNameList } from '../resolve/resolve-service.js';
import type { Settings } from '../resolve/settings.js';
import type { RawCluster } from '../schema/raw.js';

/** Members that the service names and the cluster lacks, and whether it says what clients connect to. */
export function checkReferences(settings: Settings, cluster: RawCluster): Problem[] {
  const { service, path } = settings;
  const problems: Problem[] = [];
  if (service.listen === undefined && service.fwmark === undefined) {
    problems.push({
      code: 'SLUICE_CFG_MISSING_KEY',
      message: 'a service needs `listen` or `fwmark`: what clients connect to',
      path,
      at: 'key',
    });
  }
  const { members } = service;
  if (members === undefined) return problems;
  const known = Object.keys(cluster.members);
  const named = isNameList(members)
    ? members.map((name, index) => ({ name, step: index }))
    : Object.keys(members).map((name) => ({ name, step: name }));
  for (const { name, step } of named) {
    if (Object.hasOwn(cluster.members, name)) continue;
    const guess = nearest(name, known);
    problems.push({
      code: 'SLUICE_CFG_REFERENCE',
      message: `the cluster has no member "${name}"`,
      hint:
        guess === undefined ? `its members: ${known.slice(0, 20).join(', ')}` : `did you mean \`${guess}\`?`,
      path: [...path, 'members', step],
      at: 'key',
    });
  }
  return problems;
}

/** `listenPath` says where the n-th listen is written. */
export function checkService(
  service: Service,
  settings: Settings,
  capabilities: Capabilities,
  listenPath: (nth: number) => Path,
): Problem[] {
  return [
    ...checkFamilies(service, settings, capabilities, listenPath),
    ...checkEndpointsDiffer(service, settings),
    ...checkFallback(service, settings, capabilities),
    ...checkMinUp(service, settings),
    ...checkWatches(service, settings),
  ];
}

/** A sign takes down, or asks for a probe; only a check brings back. */
function checkWatches({ watches, checks }: Service, settings: Settings): Problem[] {
  const acting = watches.findIndex(({ on }) => on !== 'observe');
  if (acting === -1 || checks.length > 0) return [];
  return [
    {
      code: 'SLUICE_CFG_CONFLICT',
      message: `the watch "${watches[acting]!.type}" needs a check that brings a member back`,
      hint: 'give the service a `check`, or say `on: observe`',
      path: settings.origin('watch'),
    },
  ];
}

function checkFamilies(
  service: Service,
  settings: Settings,
  capabilities: Capabilities,
  listenPath: (nth: number) => Path,
): Problem[] {
  if (capabilities.translatesFamily) return [];
  const families = new Map(service.listens.map((listen, nth) => [listen.family, nth]));
  const problems: Problem[] = [];
  for (const [family, nth] of families) {
    const without = service.endpoints.find((endpoint) => isWithout(endpoint, family));
    if (without === undefined) continue;
    problems.push({
      code: 'SLUICE_CFG_CONFLICT',
      message: `member "${without.member}" has no IPv${family} address for this listen`,
      hint: `give it one (\`address: [IPV4, IPV6]\`), or take it out with \`members\`; only the proxy backend translates`,
      path: listenPath(nth),
      related: { message: 'the member', path: ['clusters', service.cluster, 'members', without.member] },
    });
  }
  if (service.listens.length === 0 && settings.service.listen !== undefined) {
    problems.push({
      code: 'SLUICE_CFG_CONFLICT',
      message: 'the members have no address family in common, so this interface serves none',
      path: settings.origin('listen'),
    });
  }
  return problems;
}

/** A member by DNS name has no address yet, and is refused elsewhere. */
function isWithout(endpoint: Endpoint, family: 4 | 6): boolean {
  return endpoint.addresses[family] === undefined && Object.keys(endpoint.addresses).length > 0;
}

/** The kernel knows members by address and port: two of the same are one. */
function checkEndpointsDiffer(service: Service, settings: Settings): Problem[] {
  const seen = new Map<string, Endpoint>();
  const problems: Problem[] = [];
  for (const endpoint of service.endpoints) {
    for (const address of Object.values(endpoint.addresses)) {
      const key = `${address} ${endpoint.port ?? ''}`;
      const other = seen.get(key);
      seen.set(key, endpoint);
      if (other === undefined) continue;
      const where = endpoint.port === null ? address : formatAddressPort(address, endpoint.port);
      problems.push({
        code: 'SLUICE_CFG_CONFLICT',
        message: `members "${other.member}" and "${endpoint.member}" of service "${service.name}" are both ${where}`,
        hint: 'one member with a larger `weight` gets a larger share',
        path: ['clusters', service.cluster, 'members', endpoint.member],
        related: { message: 'the service', path: settings.path, at: 'key' },
      });
    }
  }
  return problems;
}

function checkFallback(service: Service, settings: Settings, capabilities: Capabilities): Problem[] {
  const { fallback } = service;
  if (fallback === null) {
    if (service.onAllDown !== 'fallback') return [];
    return [
      {
        code: 'SLUICE_CFG_CONFLICT',
        message: '`on_all_down: fallback` without a `fallback`',
        hint: 'add `fallback: ADDR:PORT`, or say `on_all_down: refuse`',
        path: settings.origin('on_all_down'),
      },
    ];
  }
  const { listens } = service;
  const other = listens.find((listen) => listen.family !== fallback.family);
  if (other === undefined || capabilities.translatesFamily || !capabilities.fallback) return [];
  const none = listens.every((listen) => listen.family !== fallback.family);
  const clients = `IPv${other.family} clients`;
  const path = settings.origin('fallback');
  if (none) {
    return [
      {
        code: 'SLUICE_CFG_CONFLICT',
        message: `this fallback can't serve the ${clients} of the service`,
        path,
      },
    ];
  }
  const message = `this fallback can't serve the ${clients} of the service, who are refused when it is down`;
  return [{ severity: 'warning', code: 'SLUICE_CFG_CONFLICT', message, path }];
}

function checkMinUp(service: Service, settings: Settings): Problem[] {
  const path = settings.origin('min_up');
  const { down, up } = service.minUp;
  const candidates = service.endpoints.filter(
    ({ admin, weight }) => admin === 'enabled' && weight > 0,
  ).length;
  const problems: Problem[] = [];
  const most = Math.max(countOf(down), countOf(up));
  if (candidates > 0 && most > candidates) {
    problems.push({
      code: 'SLUICE_CFG_CONFLICT',
      message: `service "${service.name}" asks for ${most} members up, and ${candidates} can be: enabled, with a weight above 0`,
      path,
    });
  }
  if (isAbove(down, up)) {
    problems.push({
      code: 'SLUICE_CFG_CONFLICT',
      message: '`down` is more than `up`: a service would come back and go down at once',
      path,
    });
  }
  if (candidates === 0) {
    problems.push({
      severity: 'warning',
      code: 'SLUICE_CFG_CONFLICT',
      message: `service "${service.name}" has no enabled member with a weight above 0: it stays down`,
      path: settings.path,
      at: 'key',
    });
  }
  return problems;
}

function countOf(threshold: Threshold): number {
  return 'count' in threshold ? threshold.count : 0;
}

function isAbove(a: Threshold, b: Threshold): boolean {
  if ('count' in a && 'count' in b) return a.count > b.count;
  return 'percent' in a && 'percent' in b && a.percent > b.percent;
}

/** What one check must have to be put to every member of its service. */
export function checkProbeTarget(
  service: Service,
  check: {
    readonly type: string;
    readonly port: number | null;
    readonly path: Path;
    readonly typePath: Path;
  },
  protocols: readonly string[],
): Problem[] {
  const several = service.endpoints.find((endpoint) => endpoint.ports.length !== 1);
  const problems: Problem[] = [];
  if (check.port === null && several !== undefined) {
    const count = several.ports.length;
    const ports = count === 0 ? 'has no port of its own' : `reaches ${count} ports of its members`;
    problems.push({
      code: 'SLUICE_CFG_MISSING_KEY',
      message: `the check needs a \`port\`: service "${service.name}" ${ports}`,
      hint: 'say which: `check: {port: 443}`',
      path: check.path,
      at: 'key',
    });
  }
  const served = new Set(service.listens.map((listen) => listen.protocol));
  const fits = served.size === 0 || [...served].some((protocol) => protocols.includes(protocol));
  // With a port of its own a check may well ask the members something else.
  if (!fits && check.port === null) {
    problems.push({
      code: 'SLUICE_CFG_CONFLICT',
      message: `a ${check.type} check does not fit the ${[...served].join(' and ')} service "${service.name}"`,
      hint: 'choose another `type`, give the check a `port` of its own, or say `check: none`',
      path: check.typePath,
    });
  }
  return problems;
}
