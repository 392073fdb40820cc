// SPDX-License-Identifier: MIT
import type { PluginContext, Prober } from 'sluice';
import { Interview } from './interview.js';
import type { CommandOptions } from './options.js';

/** One co-process for all targets of the check. */
export function coProcessProber(context: PluginContext, options: CommandOptions): Prober {
  const interview = new Interview(context, options);
  const stop = (): void => interview.stop();
  context.signal.addEventListener('abort', stop, { once: true });
  return {
    probe: (target, signal) =>
      new Promise((resolve) => {
        const giveUp = (): void => interview.giveUp(question);
        const question = interview.add(target, (outcome) => {
          signal.removeEventListener('abort', giveUp);
          resolve(outcome);
        });
        signal.addEventListener('abort', giveUp, { once: true });
        if (signal.aborted) giveUp();
        else interview.proceed();
      }),
    async probeMany(batches, report) {
      for await (const targets of batches) {
        for (const target of targets) interview.add(target, (outcome) => report(target, outcome));
        interview.proceed();
      }
    },
    [Symbol.asyncDispose]() {
      context.signal.removeEventListener('abort', stop);
      stop();
      return Promise.resolve();
    },
  };
}
