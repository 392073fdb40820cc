// SPDX-License-Identifier: MIT
import { isIP } from 'node:net';

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
  const { setOrigin } = await import('../kernel/socket-origin.js');
  return { address, prepare: (fd) => setOrigin(fd, device, fwmark ?? null) };
}
