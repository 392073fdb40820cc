// SPDX-License-Identifier: MIT
import { SluiceError } from '../errors.js';
import { bindToDevice, setMark } from './socket-options.js';
import { isSystemError } from './system-error.js';

/**
 * Lets a socket's packets leave by the interface `device` and bear the mark `fwmark`, where not null. Throws
 * SLUICE_PRIVILEGE without the right to do so, SLUICE_UNAVAILABLE where there is no such interface.
 */
export function setOrigin(fd: number, device: string | null, fwmark: number | null): void {
  if (device !== null) {
    explained(() => bindToDevice(fd, device), `probe from interface ${device}`, device);
  }
  if (fwmark !== null) explained(() => setMark(fd, fwmark), `mark probes with ${fwmark}`, null);
}

/** Turns a refusal by the kernel into a sentence that says what to do. */
function explained(set: () => void, aim: string, device: string | null): void {
  try {
    set();
  } catch (cause) {
    if (isSystemError(cause, 'EPERM', 'EACCES')) {
      throw new SluiceError('SLUICE_PRIVILEGE', `no right to ${aim}: give sluice CAP_NET_ADMIN`, { cause });
    }
    if (device !== null && isSystemError(cause, 'ENODEV')) {
      throw new SluiceError(
        'SLUICE_UNAVAILABLE',
        `there is no interface ${device} to probe from: create it, or correct the check's \`source\``,
        { cause },
      );
    }
    throw cause;
  }
}
