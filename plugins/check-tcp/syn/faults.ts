// SPDX-License-Identifier: MIT
import { isSystemError } from 'sluice/kernel';
import { SluiceError } from 'sluice';

/** The kernel lacks the protocol, the kind of table, or the expression. */
const ABSENT = new Set(['EPROTONOSUPPORT', 'EAFNOSUPPORT', 'EOPNOTSUPP', 'EINVAL', 'ENOENT']);
const OTHERWISE = 'or use `probe: connect`';

/** What an operator can do when SYN probes can't be had here; other errors as they are. */
export function operatorError(error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const { code, syscall } = error;
  if (code === 'EPERM' || code === 'EACCES') {
    const right = syscall === 'socket' ? 'CAP_NET_RAW' : 'CAP_NET_ADMIN';
    const use = syscall === 'socket' ? 'for raw sockets' : 'to keep its probes out of the connection table';
    return new SluiceError(
      'SLUICE_PRIVILEGE',
      `\`probe: syn\` needs the right ${right} ${use}: run sluice as root, give it the capability (AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN in its systemd unit), ${OTHERWISE}`,
      { cause: error },
    );
  }
  if (ABSENT.has(code)) {
    return new SluiceError(
      'SLUICE_UNAVAILABLE',
      `\`probe: syn\` needs nf_tables of Linux 5.12 or later with \`notrack\`, to keep its probes out of the connection table (${error.message}): use such a kernel, ${OTHERWISE}`,
      { cause: error },
    );
  }
  return new SluiceError('SLUICE_KERNEL', `\`probe: syn\` does not work here: ${error.message}`, {
    cause: error,
  });
}
