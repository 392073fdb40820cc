// SPDX-License-Identifier: MIT
import type { ReloadReport } from '../../status.js';
import { controlClient, type CommandContext } from '../context.js';
import { EXIT } from '../exit-code.js';
import { printDiagnostics, printJson, printLines } from '../print.js';

/** An invalid configuration is an error of the control API: its diagnostics are printed, the exit status is 78. */
export async function reloadCommand(
  context: CommandContext,
  options: { readonly json: boolean },
): Promise<number> {
  const { io } = context;
  const report = await controlClient(context).send<ReloadReport>('POST', '/v1/reload');
  if (options.json) {
    printJson(io, report);
    return EXIT.done;
  }
  printDiagnostics(io, report.diagnostics);
  printLines(io, [`reloaded: generation ${report.generation} is in force`]);
  return EXIT.done;
}
