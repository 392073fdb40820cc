// SPDX-License-Identifier: MIT
import { resolve } from 'node:path';
import { configFile, type CommandContext } from '../context.js';
import { EXIT } from '../exit-code.js';
import { printDiagnostics, printJson, printLines } from '../print.js';

export interface ValidateOptions {
  /** Instead of `--config`. */
  readonly file: string | null;
  readonly json: boolean;
}

export async function validateCommand(context: CommandContext, options: ValidateOptions): Promise<number> {
  const { io } = context;
  const file = options.file === null ? configFile(context) : resolve(options.file);
  const { validateConfig } = await import('../../runtime/validate.js');
  const { ok, diagnostics } = await validateConfig(file);
  if (options.json) {
    printJson(io, { ok, diagnostics });
  } else {
    printDiagnostics(io, diagnostics);
    if (ok) printLines(io, [`${file} is valid`]);
  }
  return ok ? EXIT.done : EXIT.badConfig;
}
