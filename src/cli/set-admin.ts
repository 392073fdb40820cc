// SPDX-License-Identifier: MIT
import { readDuration } from '../config/duration.js';
import { SluiceError } from '../errors.js';
import type { Admin } from '../model.js';
import type { AdminReport } from '../status.js';
import { controlClient, type CommandContext } from './context.js';
import { EXIT } from './exit-code.js';
import { printJson, printLines } from './print.js';
import { adminPath } from './target.js';
import { count } from './text.js';
import { clockTime } from './time-text.js';

export interface SetAdminOptions {
  readonly target: string;
  /** A duration as typed; null: until `enable`. */
  readonly for: string | null;
  readonly json: boolean;
}

/** What `drain`, `disable` and `enable` have in common. */
export async function setAdmin(
  context: CommandContext,
  admin: Admin,
  options: SetAdminOptions,
): Promise<number> {
  const path = adminPath(options.target);
  if (options.for !== null) {
    const parsed = readDuration(options.for);
    if (!parsed.ok) throw new SluiceError('SLUICE_USAGE', `--for: ${parsed.reason}`);
  }
  const body = options.for === null ? { admin } : { admin, for: options.for };
  const report = await controlClient(context).send<AdminReport>('PUT', path, body);
  if (options.json) printJson(context.io, report);
  else printLines(context.io, reportLines(report, context.io.now()));
  return EXIT.done;
}

function reportLines({ target, admin, until, endpoints }: AdminReport, nowMs: number): string[] {
  const end = until === null ? 'until "sluice enable"' : `until ${clockTime(until, nowMs)}`;
  const what = {
    enabled: 'back to what the configuration says',
    drain: `takes no new connections, ${end}`,
    disabled: `out of service, ${end}`,
  }[admin];
  return [`${target}: ${what} (${count(endpoints.length, 'endpoint')})`, ...endpoints.map((id) => `  ${id}`)];
}
