// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, PluginContext, Prober } from 'sluice';
import { deadline } from '../deadline.js';
import { startTranscript } from '../dialogue/transcript.js';
import { fail, inconclusive, outcomeOfError, pass, timedOut } from '../outcome.js';
import { CoProcess, CoProcessFault } from './co-process.js';
import type { CommandOptions } from './options.js';
import { findProgram, searchPath } from './program.js';

/** One co-process for all targets of the check, asked one probe after the other, started anew when it ended. */
export function coProcessProber(context: PluginContext, options: CommandOptions): Prober {
  const { clock, log } = context;
  let process: CoProcess | null = null;
  let queue: Promise<unknown> = Promise.resolve();
  const stop = (): void => process?.stop();
  context.signal.addEventListener('abort', stop, { once: true });

  const ask = async (target: CheckTarget, signal: AbortSignal): Promise<CheckOutcome> => {
    const transcript = startTranscript(target.trace, clock);
    if (process?.usable !== true) {
      const program = await findProgram(options.command[0] ?? '', context.directory);
      if ('problem' in program) return inconclusive(program.problem);
      if (signal.aborted) return timedOut('starting the command');
      const env = { PATH: searchPath(), ...options.env };
      process = new CoProcess(program.path, options.command, env, (text) => log.debug({ text }, 'stderr'));
    }
    const question = `${target.address} ${target.port}`;
    transcript.sent(Buffer.from(`${question}\n`));
    try {
      const line = await process.ask(question, signal);
      transcript.received(Buffer.from(`${line}\n`));
      const details = transcript.details();
      const outcome = readAnswer(line);
      return details === undefined ? outcome : { ...outcome, details };
    } catch (error) {
      if (signal.aborted) return timedOut('waiting for the command, which was killed', transcript.details());
      if (error instanceof CoProcessFault) return inconclusive(error.message, transcript.details());
      return outcomeOfError(error, transcript.details());
    }
  };

  return {
    async probe(target, signal) {
      const limit = deadline(target, clock, signal);
      const given = untilAborted(limit.signal);
      try {
        // Others' probes come first; who runs out of time in the queue leaves it.
        const turn = queue;
        const mine = turn.then(() => (limit.signal.aborted ? null : ask(target, limit.signal)));
        queue = mine.catch(() => {});
        const outcome = await Promise.race([mine, given.promise]);
        return outcome ?? inconclusive('the command was busy with other probes all the time');
      } finally {
        given.release();
        limit.release();
      }
    },
    [Symbol.asyncDispose]() {
      context.signal.removeEventListener('abort', stop);
      stop();
      return Promise.resolve();
    },
  };
}

/** Resolves to null on abort. */
function untilAborted(signal: AbortSignal): { readonly promise: Promise<null>; release(): void } {
  let release = (): void => {};
  const promise = new Promise<null>((resolve) => {
    // After the asking itself has heard of the abort, so that its own words win.
    const onAbort = (): void => void setImmediate(() => resolve(null));
    release = () => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  return { promise, release };
}

/** `pass|fail|inconclusive [reason]`. */
function readAnswer(line: string): CheckOutcome {
  const [verdict = '', ...words] = line.trim().split(/\s+/);
  const reason = words.length === 0 ? `the command says ${verdict}` : words.join(' ');
  if (verdict === 'pass') return pass(reason);
  if (verdict === 'fail') return fail('exit-status', reason);
  if (verdict === 'inconclusive') return inconclusive(reason);
  return inconclusive(
    `the command must answer pass, fail or inconclusive, not ${JSON.stringify(line.slice(0, 80))}`,
  );
}
