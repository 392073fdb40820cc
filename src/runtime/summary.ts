// SPDX-License-Identifier: MIT
import type { Explanation } from '../status.js';

/** The one sentence at the top of `sluice explain`: what it is, why, and what happens next. */
export function summary({ endpoint, admin, checks, rule, service }: Omit<Explanation, 'summary'>): string {
  return [standing(endpoint, rule), adminPart(endpoint, admin), next(endpoint, checks), servicePart(service)]
    .filter((part) => part !== '')
    .join(' ');
}

function standing({ id, state, since, reason }: Explanation['endpoint'], rule: Explanation['rule']): string {
  const rotation = rule.in_rotation ? 'takes new connections' : 'takes no new connections';
  if (state === 'unknown') return `${id} has not been judged yet and ${rotation}.`;
  return `${id} is ${state}${since === null ? '' : ` since ${since}`} (${reason}) and ${rotation}.`;
}

function adminPart(
  { admin, weight }: Explanation['endpoint'],
  { override, configured }: Explanation['admin'],
): string {
  if (override !== null) {
    const end =
      override.until === null ? `until \`sluice enable ${override.target}\`` : `until ${override.until}`;
    return `An operator set ${override.target} to ${override.admin}, ${end}.`;
  }
  if (configured !== 'enabled') return `The configuration says ${configured}.`;
  if (admin !== 'enabled') return `Its agent asks for ${admin}.`;
  return weight === 0 ? 'Its configured weight is 0.' : '';
}

function next(endpoint: Explanation['endpoint'], checks: Explanation['checks']): string {
  if (checks.length === 0) return 'It has no check and always counts as up.';
  const [pending] = checks.filter(({ state, streak }) => state !== 'unknown' && streak > 0);
  if (pending !== undefined) {
    const passing = pending.state === 'down';
    const needed = passing ? pending.rise : pending.fall;
    return `The last ${pending.streak} of ${needed} ${passing ? 'passes' : 'failures'} in a row that bring it ${passing ? 'up' : 'down'} have come.`;
  }
  const [down] = checks.filter(({ state }) => state === 'down');
  if (endpoint.state === 'down' && down !== undefined) {
    return `It returns after ${down.rise} ${down.rise === 1 ? 'pass' : 'passes in a row'} of ${down.type} to ${down.target}.`;
  }
  return '';
}

function servicePart({ id, state }: Explanation['service']): string {
  return state === 'down' ? `Service ${id} is down: new connections are refused.` : '';
}
