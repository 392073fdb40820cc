// SPDX-License-Identifier: MIT
import { SluiceError } from '../errors.js';
import { isSystemError } from './system-error.js';

/**
 * What an operator can do about the kernel's refusal; other errors as they are. `doing` is what was tried, `module`
 * the part of the kernel that does it.
 */
export function kernelRefusal(error: unknown, doing: string, module: string): unknown {
  if (isSystemError(error, 'EPERM', 'EACCES')) {
    return new SluiceError(
      'SLUICE_PRIVILEGE',
      `${doing} needs the right CAP_NET_ADMIN: run sluice as root, or give it the capability (AmbientCapabilities=CAP_NET_ADMIN in its systemd unit)`,
      { cause: error },
    );
  }
  if (isSystemError(error, 'EPROTONOSUPPORT', 'EAFNOSUPPORT', 'EOPNOTSUPP', 'EINVAL')) {
    return new SluiceError(
      'SLUICE_UNAVAILABLE',
      `${doing} is more than this kernel can: load module ${module} (modprobe ${module})`,
      { cause: error },
    );
  }
  if (isSystemError(error)) {
    return new SluiceError('SLUICE_KERNEL', `${doing}: ${error.message}`, { cause: error });
  }
  return error;
}
