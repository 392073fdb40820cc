// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';

/** The default of most systems. */
const USUAL = 1_024;

/** How many descriptors this process may have open, proc_pid_limits(5); a cautious guess where there is no /proc. */
export function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return soft === 'unlimited' ? Infinity : Number(soft ?? USUAL);
  } catch {
    return USUAL;
  }
}
