// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';

/**
 * TCP's counters of this process's network namespace since it was made: `ActiveOpens` counts what connect(2) began,
 * `OutRsts` the resets sent, and so on; see RFC 4022.
 */
export function tcpCounters(): Readonly<Record<string, number>> {
  const lines = readFileSync('/proc/self/net/snmp', 'utf8').split('\n');
  const [names = [], values = []] = lines
    .filter((line) => line.startsWith('Tcp: '))
    .map((line) => line.split(' ').slice(1));
  return Object.fromEntries(names.map((name, index) => [name, Number(values[index])]));
}
