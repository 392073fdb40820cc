// SPDX-License-Identifier: MIT
import type { Diagnostic } from '../config/diagnostics.js';
import { createLog } from '../log.js';
import { Faults } from '../plugin/faults.js';
import { letGo, prepare } from '../prepare.js';
import { systemClock } from './clock.js';

/** Reads and checks a configuration and creates every plugin it names; touches nothing. */
export async function validateConfig(
  file: string,
  text?: string,
): Promise<{ readonly ok: boolean; readonly diagnostics: readonly Diagnostic[] }> {
  const clock = systemClock;
  const result = await prepare({
    file,
    ...(text === undefined ? {} : { text }),
    clock,
    log: createLog({ level: 'error', format: null, destination: 'stderr' }),
    faults: new Faults(clock),
    engines: new Map(),
    dryRun: () => undefined,
  });
  if (!result.ok) return result;
  const { prepared } = result;
  await letGo(prepared.engines.fresh, () => prepared.dispose());
  return { ok: true, diagnostics: prepared.warnings };
}
