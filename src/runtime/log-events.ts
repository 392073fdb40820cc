// SPDX-License-Identifier: MIT
import type { Logger } from 'pino';
import type { NewEvent } from './journal.js';

/** One line of the log for each event that a person wants to see; applies are for debugging. */
export function logEvent(log: Logger, event: NewEvent): void {
  const { kind, subject, from, to, message } = event;
  switch (kind) {
    case 'health':
    case 'service': {
      const fields = { [kind === 'health' ? 'endpoint' : 'service']: subject, from, to, reason: message };
      log[to === 'down' || to === 'degraded' ? 'warn' : 'info'](
        fields,
        `${kind === 'health' ? 'endpoint' : 'service'} ${to}`,
      );
      break;
    }
    case 'fault':
    case 'unfit':
    case 'warning':
    case 'drift':
    case 'signal':
      log.warn({ subject }, message);
      break;
    case 'apply':
      log.debug({ backend: subject }, message);
      break;
    case 'start':
    case 'stop':
    case 'reload':
    case 'admin':
      log.info({ subject }, message);
      break;
  }
}
