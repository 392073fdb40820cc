// SPDX-License-Identifier: MIT
/** What must hold between services: on one backend no two of them may claim the same traffic. */
import type { Listen, Service } from '../../model.js';
import { FULL_MASK, formatFwmark } from '../fwmark.js';
import { formatAddressPort } from '../listen.js';
import type { Path, Problem } from '../problem.js';

interface Claim {
  readonly service: Service;
  readonly listen: Listen;
  /** Which of the service's listens. */
  readonly nth: number;
}

/** Where the n-th listen of a service is written. */
export type ListenPath = (service: Service, nth: number) => Path;

export function checkConflicts(services: readonly Service[], listenPath: ListenPath): Problem[] {
  return [...listenConflicts(services, listenPath), ...markConflicts(services)];
}

function listenConflicts(services: readonly Service[], listenPath: ListenPath): Problem[] {
  const groups = new Map<string, Claim[]>();
  for (const service of services) {
    for (const [nth, listen] of service.listens.entries()) {
      const where = listen.interface ?? listen.address;
      const key = `${service.backend} ${listen.protocol} ${listen.family} ${where}`;
      const claim: Claim = { service, listen, nth };
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [claim]);
      else group.push(claim);
    }
  }
  const all = [...groups.values()];
  return [
    ...all.flatMap((claims) => overlaps(claims, listenPath)),
    ...wildcardConflicts(all.flat(), listenPath),
  ];
}

/** A listen on every address meets all others of its family; there are few of them. */
function wildcardConflicts(claims: readonly Claim[], listenPath: ListenPath): Problem[] {
  return claims
    .filter(isWildcard)
    .flatMap((wildcard) =>
      claims
        .filter(
          (claim) =>
            !isWildcard(claim) && isAlike(wildcard, claim) && portsMeet(wildcard.listen, claim.listen),
        )
        .map((claim) => overlap(wildcard, claim, listenPath)),
    );
}

function isWildcard({ listen }: Claim): boolean {
  return listen.address === '0.0.0.0' || listen.address === '::';
}

function isAlike(a: Claim, b: Claim): boolean {
  return (
    a.service.backend === b.service.backend &&
    a.listen.protocol === b.listen.protocol &&
    a.listen.family === b.listen.family
  );
}

function portsMeet(a: Listen, b: Listen): boolean {
  return a.port <= b.portLast && b.port <= a.portLast;
}

/** Sorted by first port, each claim needs to be held against the furthest-reaching one before it only. */
function overlaps(claims: readonly Claim[], listenPath: ListenPath): Problem[] {
  const problems: Problem[] = [];
  let reach: Claim | undefined;
  for (const claim of claims.toSorted((a, b) => a.listen.port - b.listen.port)) {
    if (reach !== undefined && claim.listen.port <= reach.listen.portLast)
      problems.push(overlap(reach, claim, listenPath));
    if (reach === undefined || claim.listen.portLast > reach.listen.portLast) reach = claim;
  }
  return problems;
}

function overlap(first: Claim, second: Claim, listenPath: ListenPath): Problem {
  const sameService = first.service === second.service;
  return {
    code: 'SLUICE_CFG_CONFLICT',
    message: sameService
      ? `${listenText(second.listen)} overlaps with ${listenText(first.listen)} of the same service`
      : `${listenText(second.listen)} overlaps with ${listenText(first.listen)} of service "${first.service.id}"`,
    path: listenPath(second.service, second.nth),
    related: { message: 'the other listen', path: listenPath(first.service, first.nth) },
  };
}

function listenText(listen: Listen): string {
  const host = listen.interface ?? listen.address;
  const first = formatAddressPort(host, listen.port);
  const range = listen.portLast === listen.port ? first : `${first}-${listen.portLast}`;
  return `${range}/${listen.protocol}`;
}

function markConflicts(services: readonly Service[]): Problem[] {
  const problems: Problem[] = [];
  const byMark = new Map<string, Service>();
  const masked: Service[] = [];
  for (const service of services) {
    const { fwmark } = service;
    if (fwmark === null) continue;
    const key = `${service.backend} ${formatFwmark(fwmark)}`;
    const equal = byMark.get(key);
    const other =
      equal ??
      (fwmark.mask === FULL_MASK ? masked : [...byMark.values()]).find((one) => marksMeet(one, service));
    if (other !== undefined) problems.push(sameMark(other, service));
    if (equal === undefined) byMark.set(key, service);
    if (fwmark.mask !== FULL_MASK) masked.push(service);
  }
  return problems;
}

/** Whether one packet may match both. */
function marksMeet(a: Service, b: Service): boolean {
  if (a.backend !== b.backend || a.fwmark === null || b.fwmark === null) return false;
  return ((a.fwmark.mark ^ b.fwmark.mark) & a.fwmark.mask & b.fwmark.mask) === 0;
}

function sameMark(first: Service, second: Service): Problem {
  return {
    code: 'SLUICE_CFG_CONFLICT',
    message: `service "${first.id}" on the same backend matches the same mark`,
    path: ['clusters', second.cluster, 'services', second.name, 'fwmark'],
    related: {
      message: 'the other mark',
      path: ['clusters', first.cluster, 'services', first.name, 'fwmark'],
    },
  };
}
