// SPDX-License-Identifier: MIT
import { resolve } from 'node:path';
import { configFile, type CommandContext } from '../context.js';

export async function runCommand(
  context: CommandContext,
  options: { readonly dryRun: boolean },
): Promise<number> {
  const { runDaemon } = await import('../../run.js');
  return runDaemon({
    file: configFile(context),
    ...(context.socket !== null && { socket: resolve(context.socket) }),
    dryRun: options.dryRun,
  });
}
