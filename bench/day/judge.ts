// SPDX-License-Identifier: MIT
import type { Failure } from './client-process.js';
import type { History } from './history.js';
import type { Notices } from './notices.js';
import { endpointId, type Service } from './site.js';

/** From the verdict to the kernel's rules, on a machine that does other things too. */
const APPLY_MS = 500;
/** A member that has come back is let in within this time. */
const RETURN_MS = 5000;

export interface Judged {
  /** No member of the service had served for a while: it had to fail. */
  readonly withoutMember: readonly Failure[];
  /** A member of the service had stopped, and the daemon had not seen it yet. */
  readonly unnoticed: readonly Failure[];
  readonly inexcusable: readonly Failure[];
}

/** Sorts failed connections by what excuses them, by the members' own history and the daemon's events. */
export function judge(
  failures: readonly Failure[],
  services: readonly Service[],
  history: History,
  notices: Pick<Notices, 'downSince'>,
): Judged {
  const judged = { withoutMember: [] as Failure[], unnoticed: [] as Failure[], inexcusable: [] as Failure[] };
  for (const failure of failures) {
    const { service, fromMs, toMs } = failure;
    const { members } = services[service]!;
    const isUnnoticed = members.some((member, nth) =>
      history.outages(member).some((outage) => {
        const seenMs = notices.downSince(endpointId(service, nth), outage.fromMs) ?? Infinity;
        return outage.fromMs <= toMs && Math.min(outage.toMs, seenMs + APPLY_MS) >= fromMs;
      }),
    );
    if (!members.some((member) => history.servedThrough(member, fromMs - RETURN_MS, toMs)))
      judged.withoutMember.push(failure);
    else if (isUnnoticed) judged.unnoticed.push(failure);
    else judged.inexcusable.push(failure);
  }
  return judged;
}

/** What the service's members had been through before a failure: when each last stopped, was seen, came back. */
export function circumstances(
  failure: Failure,
  services: readonly Service[],
  history: History,
  notices: Pick<Notices, 'downSince'>,
): string {
  const since = (atMs: number | null): string => (atMs === null ? 'never' : `${atMs - failure.fromMs} ms`);
  const said = services[failure.service]!.members.flatMap((member, nth) => {
    const id = endpointId(failure.service, nth);
    const outage = history.outages(member).findLast(({ fromMs }) => fromMs <= failure.toMs);
    if (outage === undefined) return [];
    const { fromMs, toMs } = outage;
    return `${id} fell ${since(fromMs)}, seen ${since(notices.downSince(id, fromMs))}, back ${since(toMs)}`;
  });
  return `${failure.kind}: ${said.join('; ')}`;
}

/** How long each outage was unseen, in milliseconds; those that were over before are left out. */
export function noticeTimes(
  services: readonly Service[],
  history: History,
  notices: Pick<Notices, 'downSince'>,
): number[] {
  return services.flatMap(({ members }, service) =>
    members.flatMap((member, nth) =>
      history.outages(member).flatMap(({ fromMs, toMs }) => {
        const seenMs = notices.downSince(endpointId(service, nth), fromMs);
        return seenMs === null || seenMs > toMs ? [] : [seenMs - fromMs];
      }),
    ),
  );
}
