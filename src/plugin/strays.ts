// SPDX-License-Identifier: MIT
import { describeThrown, type Faults } from './faults.js';
import { currentCaller } from './running.js';

/**
 * Errors that nobody catches: a plugin's timer that throws, its socket without an error listener, its promise
 * that nobody awaits. Node.js would end the process; where a plugin's code is to blame, it becomes a fault of
 * the plugin instead. Anything else goes to `fatal`, which decides about the daemon's end.
 */
export function catchStrays(faults: Faults, fatal: (error: unknown) => void): Disposable {
  const blame = (kind: 'throw' | 'reject') => (error: unknown) => {
    const caller = currentCaller();
    if (caller === undefined) fatal(error);
    else {
      const { code, message } = describeThrown(error);
      faults.add({ ...caller, kind, code, message: `${message} (outside of any call, caught by nobody)` });
    }
  };
  const onException = blame('throw');
  const onRejection = blame('reject');
  process.on('uncaughtException', onException);
  process.on('unhandledRejection', onRejection);
  return {
    [Symbol.dispose]() {
      process.off('uncaughtException', onException);
      process.off('unhandledRejection', onRejection);
    },
  };
}
