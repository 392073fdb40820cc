// SPDX-License-Identifier: MIT
/** Pieces of configurations that the tests of the daemon share. */
import type { Lab } from './lab.js';

/** Decides in a few hundred milliseconds. */
export const quickCheck = {
  type: 'tcp',
  interval: '200ms',
  timeout: '150ms',
  fast_interval: '100ms',
  rise: 1,
  fall: 2,
} as const;

/** `members` of a cluster: hosts of the lab with their weights, under their addresses of both families. */
export function members(lab: Lab, weights: Readonly<Record<string, number>> = { a: 1, b: 1, c: 1 }): object {
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => {
      const { address, address6 } = lab.host(name);
      return [name, { address: [address, address6], weight }];
    }),
  );
}

/** The ids of a service's endpoints on a, b and c. */
export function ids(service: string): string[] {
  return ['a', 'b', 'c'].map((name) => `${service}/${name}`);
}

/** Servers on a, b and c. */
export async function serveAll(lab: Lab, kind: 'tcp' | 'udp' | 'http', port: number): Promise<void> {
  await Promise.all(['a', 'b', 'c'].map((name) => lab.host(name).serve({ kind, port })));
}
