// SPDX-License-Identifier: MIT
import { isIP } from 'node:net';
import { SluiceError } from '../errors.js';

/** Where a probe's packets come from. */
export interface ProbeOrigin {
  /** Address to bind to; null: the system's choice. */
  readonly address: string | null;
  /** What needs the descriptor, run between bind and connect; null: nothing does. */
  readonly prepare: ((fd: number) => void) | null;
}

/**
 * Reads a check's `source` (address or interface) and `fwmark`. The kernel part, and koffi with it, is loaded
 * only for an interface or a mark; `prepare` throws SLUICE_PRIVILEGE where the rights are missing.
 */
export async function probeOrigin(
  source: string | null | undefined,
  fwmark: number | null | undefined,
): Promise<ProbeOrigin> {
  const sourceIsAddress = source != null && isIP(source) !== 0;
  const address = sourceIsAddress ? source : null;
  const device = source == null || sourceIsAddress ? null : source;
  if (device === null && fwmark == null) return { address, prepare: null };
  const { bindToDevice, setMark } = await import('../kernel/socket-options.js');
  return {
    address,
    prepare(fd) {
      if (device !== null) {
        explained(() => bindToDevice(fd, device), `probe from interface ${device}`, device);
      }
      if (fwmark != null) explained(() => setMark(fd, fwmark), `mark probes with ${fwmark}`, null);
    },
  };
}

/** Turns a refusal by the kernel into a sentence that says what to do. */
function explained(set: () => void, aim: string, device: string | null): void {
  try {
    set();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EPERM' || code === 'EACCES') {
      throw new SluiceError('SLUICE_PRIVILEGE', `no right to ${aim}: give sluice CAP_NET_ADMIN`, { cause });
    }
    if (code === 'ENODEV' && device !== null) {
      throw new SluiceError(
        'SLUICE_UNAVAILABLE',
        `there is no interface ${device} to probe from: create it, or correct the check's \`source\``,
        { cause },
      );
    }
    throw cause;
  }
}
