// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { SluiceError } from '../../errors.js';
import type { Plan } from '../../status.js';
import { isAbsent } from '../client.js';
import { configFile, controlClient, type CommandContext } from '../context.js';
import { EXIT } from '../exit-code.js';
import { printDiagnostics, printJson, printLines } from '../print.js';
import { renderPlan } from '../render-plan.js';

export interface PlanCommandOptions {
  readonly json: boolean;
  readonly rendered: boolean;
}

export async function planCommand(context: CommandContext, options: PlanCommandOptions): Promise<number> {
  const { io } = context;
  const plan = await makePlan(context);
  if (plan.diagnostics.some(({ severity }) => severity === 'error')) {
    printDiagnostics(io, plan.diagnostics);
    return EXIT.badConfig;
  }
  if (options.json) {
    printJson(io, plan);
  } else {
    printDiagnostics(io, plan.diagnostics);
    printLines(io, renderPlan(plan, { color: io.color, rendered: options.rendered }));
  }
  return plan.backends.some(({ error }) => error !== null) ? EXIT.failed : EXIT.done;
}

/** With the daemon's view of health where one runs; else against what the engines hold. */
async function makePlan(context: CommandContext): Promise<Plan> {
  const client = controlClient(context);
  const file = configFile(context);
  try {
    if (context.config === null) return await client.get<Plan>('/v1/plan');
    return await client.send<Plan>('POST', '/v1/plan', { file, text: readConfig(file) });
  } catch (error) {
    if (!isAbsent(error)) throw error;
    context.io.err(
      `sluice: no daemon answers on ${client.socketPath}; compared with what the engines hold\n`,
    );
    const { planOffline } = await import('../../runtime/plan.js');
    return planOffline(file);
  }
}

function readConfig(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError('SLUICE_CFG_READ', `cannot read the configuration ${file}: ${why}`, {
      cause: error,
    });
  }
}
