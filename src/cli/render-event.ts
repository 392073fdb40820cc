// SPDX-License-Identifier: MIT
import type { JournalEvent } from '../status.js';
import { paint, stateColor } from './paint.js';
import { clean } from './text.js';
import { stampTime } from './time-text.js';

const LOUD: ReadonlySet<JournalEvent['kind']> = new Set(['fault', 'unfit', 'warning', 'drift', 'signal']);

/** `2026-11-21 02:14:07.250  health   shop/http/b  up -> DOWN: connection refused` */
export function renderEvent(event: JournalEvent, color: boolean): string {
  const { at, kind, subject, from, to, message } = event;
  const colors = paint(color);
  const isBad = to === 'down' || to === 'degraded';
  const word = to === undefined ? '' : stateColor(colors, to)(isBad ? to.toUpperCase() : to);
  const change = to === undefined ? '' : `${from === undefined ? '' : `${from} -> `}${word}: `;
  const loud = LOUD.has(kind);
  const kindText = kind.padEnd(7);
  return [
    colors.faint(stampTime(at)),
    loud ? colors.warn(kindText) : kindText,
    colors.strong(clean(subject)),
    `${change}${clean(message)}`,
  ].join('  ');
}
