// SPDX-License-Identifier: MIT
import { SluiceError } from '../errors.js';

/** Exit statuses of `sluice` (design A3); 69 and 78 are those of sysexits(3). */
export const EXIT = { done: 0, failed: 1, usage: 2, noDaemon: 69, badConfig: 78 } as const;

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof SluiceError)) return EXIT.failed;
  if (error.code === 'SLUICE_USAGE') return EXIT.usage;
  if (error.code === 'SLUICE_NO_DAEMON') return EXIT.noDaemon;
  return error.code.startsWith('SLUICE_CFG_') ? EXIT.badConfig : EXIT.failed;
}
