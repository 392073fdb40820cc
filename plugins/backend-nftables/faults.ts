// SPDX-License-Identifier: MIT
import { isSystemError, type SystemError } from 'sluice/kernel';
import { SluiceError } from 'sluice';

const NO_RIGHT =
  'backend nftables needs the right CAP_NET_ADMIN: run sluice as root, or give it the capability (AmbientCapabilities=CAP_NET_ADMIN in its systemd unit)';
const NO_NF_TABLES =
  'this kernel has no nf_tables: load module nf_tables (modprobe nf_tables), or use the proxy backend';

/** What an operator can do about a refusal to talk to nf_tables, or to read; other errors as they are. */
export function operatorError(error: unknown): unknown {
  if (isSystemError(error, 'EPERM', 'EACCES')) {
    return new SluiceError('SLUICE_PRIVILEGE', NO_RIGHT, { cause: error });
  }
  if (isSystemError(error, 'EPROTONOSUPPORT', 'EAFNOSUPPORT', 'EOPNOTSUPP', 'EINVAL')) {
    return new SluiceError('SLUICE_UNAVAILABLE', NO_NF_TABLES, { cause: error });
  }
  if (isSystemError(error)) return new SluiceError('SLUICE_KERNEL', error.message, { cause: error });
  return error;
}

/** What an operator can do about the refusal of the table itself. */
export function creationError(table: string, error: unknown): unknown {
  if (!isSystemError(error) || error.code === 'EPERM') return operatorError(error);
  const message = `the kernel refuses table inet ${table} (${error.message}): the backend needs Linux 5.9 or later with NAT and rejecting in nf_tables`;
  return new SluiceError('SLUICE_KERNEL', message, { cause: error });
}

/** One sentence about the refusal of a service's change. */
export function operatorMessage(error: SystemError): string {
  switch (error.code) {
    case 'EPERM':
      return NO_RIGHT;
    case 'ENOENT':
      return `${error.message}: somebody took out what the change builds on; it is tried again`;
    case 'EEXIST':
    case 'EBUSY':
      return `${error.message}: somebody else changes the same table; it is tried again`;
    case 'ENOBUFS':
    case 'ENOMEM':
      return `${error.message}: the kernel is short of memory; it is tried again`;
    default:
      return error.message;
  }
}
