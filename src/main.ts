// SPDX-License-Identifier: MIT
import { CommanderError } from 'commander';
import { EXIT, exitCodeOf } from './cli/exit-code.js';
import { ignoreClosedOutput, processIo } from './cli/io.js';
import { printError } from './cli/print.js';
import { buildProgram, exitCodeOfCommander } from './cli/program.js';

/** Runs the command that `argv` (without node and script) names; resolves to the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  ignoreClosedOutput();
  let status: number = EXIT.done;
  const program = buildProgram({ onExit: (given) => (status = given) });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeOfCommander(error);
    printError(processIo(!argv.includes('--no-color')), error);
    return exitCodeOf(error);
  }
}
