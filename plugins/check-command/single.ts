// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, PluginContext, Prober } from 'sluice';
import { deadline } from '../deadline.js';
import { fail, formatMs, inconclusive, outcomeOfError, pass, timedOut } from '../outcome.js';
import { latestStartMs } from './latest-start.js';
import type { CommandOptions } from './options.js';
import { ownTurn } from './own-turn.js';
import { spawnGroup } from './process-group.js';
import { findProgram, searchPath } from './program.js';
import { type Ended, runToEnd } from './run-once.js';

const LATE = 'this host was busy starting other commands';

/** Runs the command once for each probe; its exit status is the verdict. */
export function singleProber(context: PluginContext, options: CommandOptions): Prober {
  const { clock } = context;
  return {
    async probe(target, signal) {
      const program = await findProgram(options.command[0] ?? '', context.directory);
      if ('problem' in program) return inconclusive(program.problem);
      const limit = deadline(target, clock, signal);
      const latestMs = latestStartMs(target, clock);
      try {
        await ownTurn();
        const startMs = clock.monotonicMs();
        if (limit.signal.aborted || startMs > latestMs) return inconclusive(LATE);
        const child = spawnGroup(program.path, options.command, environment(target, options), 'ignore');
        const ended = await runToEnd(child, limit.signal);
        return judge(ended, options.weight, formatMs(clock.monotonicMs() - startMs), target.trace);
      } catch (error) {
        if (limit.signal.aborted) return timedOut('waiting for the command, which was killed');
        return outcomeOfError(error);
      } finally {
        limit.release();
      }
    },
  };
}

function environment(target: CheckTarget, options: CommandOptions): Record<string, string> {
  return {
    PATH: searchPath(),
    SLUICE_ADDRESS: target.address,
    SLUICE_PORT: String(target.port),
    SLUICE_PROTOCOL: target.protocol,
    ...options.env,
  };
}

/** With `weight`, as keepalived's misc_dynamic: 2 to 255 pass, and are the weight plus 2. */
function judge(
  { status, signal, output }: Ended,
  weight: boolean,
  took: string,
  trace: boolean,
): CheckOutcome {
  const said = firstLine(output);
  const words = said === '' ? '' : `: ${said}`;
  const details = trace ? { dialogue: output.split('\n').map((line) => `< ${line}`) } : undefined;
  if (status === 0) return pass(`exit 0 in ${took}${words}`, { ...(details && { details }) });
  if (status === null) return fail('exit-status', `killed by ${signal ?? 'a signal'}${words}`, details);
  if (weight && status >= 2) {
    return pass(`exit ${status}, weight ${status - 2}${words}`, {
      weight: status - 2,
      weightIs: 'absolute',
      ...(details && { details }),
    });
  }
  return fail('exit-status', `exit ${status}${words}`, details);
}

function firstLine(output: string): string {
  return output.trim().split('\n')[0]?.trim() ?? '';
}
