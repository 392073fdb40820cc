// SPDX-License-Identifier: MIT
import type { CheckNow } from '../../status.js';
import { controlClient, type CommandContext } from '../context.js';
import { EXIT } from '../exit-code.js';
import { printJson, printLines } from '../print.js';
import { renderCheck } from '../render-check.js';
import { endpointPath } from '../target.js';

/** Exit status 1 when a probe does not pass, so that scripts can ask. */
export async function checkCommand(
  context: CommandContext,
  options: { readonly endpoint: string; readonly json: boolean },
): Promise<number> {
  const { io } = context;
  const path = `${endpointPath(options.endpoint)}/check`;
  const check = await controlClient(context).send<CheckNow>('POST', path);
  if (options.json) printJson(io, check);
  else printLines(io, renderCheck(check, io.color));
  return check.probes.every(({ result }) => result.verdict === 'pass') ? EXIT.done : EXIT.failed;
}
