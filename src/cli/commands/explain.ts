// SPDX-License-Identifier: MIT
import type { Explanation } from '../../status.js';
import { controlClient, type CommandContext } from '../context.js';
import { EXIT } from '../exit-code.js';
import { printJson, printLines } from '../print.js';
import { renderExplanation } from '../render-explain.js';
import { endpointPath } from '../target.js';

export async function explainCommand(
  context: CommandContext,
  options: { readonly endpoint: string; readonly json: boolean },
): Promise<number> {
  const { io } = context;
  const path = endpointPath(options.endpoint);
  const explanation = await controlClient(context).get<Explanation>(path);
  const look = { color: io.color, columns: io.columns, nowMs: io.now() };
  if (options.json) printJson(io, explanation);
  else printLines(io, renderExplanation(explanation, look));
  return EXIT.done;
}
