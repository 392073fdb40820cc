// SPDX-License-Identifier: MIT
import { controlClient, type CommandContext } from '../context.js';
import { EXIT } from '../exit-code.js';
import { printJson, printLines } from '../print.js';

interface StopReport {
  readonly stopped: true;
  readonly rules: 'kept' | 'withdrawn';
}

export async function stopCommand(
  context: CommandContext,
  options: { readonly withdraw: boolean; readonly json: boolean },
): Promise<number> {
  const { io } = context;
  const { withdraw } = options;
  const report = await controlClient(context).send<StopReport>('POST', '/v1/stop', { withdraw });
  const rules = report.rules === 'kept' ? 'its rules stay' : 'its rules are withdrawn';
  if (options.json) printJson(io, report);
  else printLines(io, [`the daemon has stopped; ${rules}`]);
  return EXIT.done;
}
