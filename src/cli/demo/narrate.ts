// SPDX-License-Identifier: MIT
import type { JournalEvent } from '../../status.js';
import { paint, stateColor } from '../paint.js';
import { clean } from '../text.js';

/** An event of the journal in plain words; null for those that are no news to a person who watches. */
export function narrate(event: JournalEvent, color: boolean): string | null {
  const { kind, subject, to = '', message } = event;
  const colors = paint(color);
  switch (kind) {
    case 'health': {
      const member = subject.slice(subject.lastIndexOf('/') + 1);
      const state = stateColor(colors, to)(to.toUpperCase());
      const what = to === 'down' ? 'gets no new connections' : 'takes part again';
      return event.from === 'unknown'
        ? `sluice: member ${member} is ${state} (${clean(message)})`
        : `sluice: member ${member} is ${state} and ${what} (${clean(message)})`;
    }
    case 'admin':
    case 'drift':
    case 'fault':
    case 'reload':
    case 'signal':
    case 'unfit':
    case 'warning':
      return `sluice: ${clean(message)}`;
    case 'apply':
    case 'service':
    case 'start':
    case 'stop':
      break;
  }
  return null;
}
