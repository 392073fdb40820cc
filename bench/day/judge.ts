// SPDX-License-Identifier: MIT
import type { Failure } from './client-process.js';
import type { History } from './history.js';
import type { Service } from './site.js';

export interface Judged {
  /** No member of the service served all the while: it had to fail. */
  readonly withoutMember: readonly Failure[];
  /** A member of the service fell so lately that the daemon may not have noticed. */
  readonly noticing: readonly Failure[];
  readonly inexcusable: readonly Failure[];
}

/** Sorts failed connections by what excuses them, by the members' own history. */
export function judge(
  failures: readonly Failure[],
  services: readonly Service[],
  history: History,
  noticeMs: number,
): Judged {
  const judged = { withoutMember: [] as Failure[], noticing: [] as Failure[], inexcusable: [] as Failure[] };
  for (const failure of failures) {
    const { members } = services[failure.service]!;
    const fromMs = failure.fromMs - noticeMs;
    if (!members.some((member) => history.servedThrough(member, fromMs, failure.toMs)))
      judged.withoutMember.push(failure);
    else if (members.some((member) => history.fellWithin(member, fromMs, failure.toMs)))
      judged.noticing.push(failure);
    else judged.inexcusable.push(failure);
  }
  return judged;
}
