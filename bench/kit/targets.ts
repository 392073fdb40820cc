// SPDX-License-Identifier: MIT

export interface Target {
  readonly address: string;
  readonly port: number;
}

/** Below the ports that the system hands out by itself. */
const FIRST_PORT = 10_000;
const ADDRESSES = ['127.0.1.1', '127.0.1.2', '127.0.1.3', '127.0.1.4'] as const;

/** So many services of four members each on loopback: their ports, and all their members. */
export function loopbackTargets(services: number): { ports: number[]; targets: Target[] } {
  const ports = Array.from({ length: services }, (_, nth) => FIRST_PORT + nth);
  return { ports, targets: ports.flatMap((port) => ADDRESSES.map((address) => ({ address, port }))) };
}

/** The same as clusters of a configuration, by names c0, c1, …; `more` adds keys to each service. */
export function loopbackClusters(services: number, more: object = {}): object {
  const members = Object.fromEntries(ADDRESSES.map((address, nth) => [`m${nth}`, address]));
  const clusters = loopbackTargets(services).ports.map((port, nth) => {
    const listen = `127.1.${nth >> 8}.${nth & 255}:80`;
    return [`c${nth}`, { members, services: { s: { listen, port, ...more } } }];
  });
  return Object.fromEntries(clusters);
}
