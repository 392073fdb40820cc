// SPDX-License-Identifier: MIT
/** The configuration that the daemon is measured with: services of four members each, all of them checked. */
import { fileURLToPath } from 'node:url';

/** Services with a member in the rack; they share their members, so that one check speaks for all. */
export const RACK = 1000;
const FLIPPING = { small: 10, large: 100 };
const LARGE = 10_000;
const CHANGES_A_SECOND = 500;

export interface Site {
  readonly config: object;
  readonly services: number;
  readonly rack: number;
}

/**
 * With `services` at least 10,000 a tenth of them is in the rack. Verdicts that change are as frequent in every site;
 * the services that they are about share their other members, so that there are few probes besides.
 */
export function siteOf(services: number, scheduler: string, socket: string, watch: boolean): Site {
  const large = services >= LARGE;
  const flipping = large ? FLIPPING.large : FLIPPING.small;
  const rack = large ? RACK : 0;
  const check = (intervalMs: number) => ({
    type: 'flip',
    socket,
    rack,
    watch,
    interval: `${intervalMs}ms`,
    timeout: `${Math.min(intervalMs, 1000)}ms`,
    fast_interval: `${intervalMs}ms`,
    rise: 1,
    fall: 1,
  });
  const flipMs = (flipping * 1000) / CHANGES_A_SECOND;
  const clusters: [string, object][] = [];
  for (let nth = 0; nth < services; nth += 1) {
    const [high, low] = [nth >> 8, nth & 255];
    const own = [1, 2, 3, 4].map((last) => `10.${high}.${low}.${last}`);
    const service = { listen: `100.64.${high}.${low}:80`, port: 8080 };
    if (nth % (services / flipping) === 0) {
      const alone = [own[0]!, ...[2, 3, 4].map((last) => `10.255.254.${last}`)];
      clusters.push([`flip${nth}`, cluster(alone, { ...service, check: check(flipMs) })]);
    } else if (large && nth % (services / RACK) === 5) {
      const shared = [1, 2, 3, 4].map((last) => `10.255.255.${last}`);
      clusters.push([`rack${nth}`, cluster(shared, { ...service, check: check(500) })]);
    } else clusters.push([`quiet${nth}`, cluster(own, { ...service, check: check(3_600_000) })]);
  }
  const plugin = fileURLToPath(new URL('./flip-check.js', import.meta.url));
  return {
    config: { plugins: [plugin], defaults: { scheduler }, clusters: Object.fromEntries(clusters) },
    services,
    rack,
  };
}

function cluster(addresses: readonly string[], service: object): object {
  const members = Object.fromEntries(addresses.map((address, nth) => [`m${nth + 1}`, address]));
  return { members, services: { web: service } };
}
