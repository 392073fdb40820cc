// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { SluiceError } from '../../errors.js';

/** The id of a group of this host, from group(5). Throws SLUICE_SOCKET when there is none of that name. */
export function groupId(name: string, file = '/etc/group'): number {
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [group, , id] = line.split(':');
    if (group === name && id !== undefined && /^\d+$/.test(id)) return Number(id);
  }
  throw new SluiceError(
    'SLUICE_SOCKET',
    `the group "${name}" of the control socket does not exist; create it (groupadd ${name}) or change control.group`,
  );
}
