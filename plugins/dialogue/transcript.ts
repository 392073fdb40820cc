// SPDX-License-Identifier: MIT
import type { Clock } from 'sluice';
import { formatMs } from '../outcome.js';
import { quoteBytes } from './bytes.js';

/** What was said on the wire, as lines for `sluice check`; keeps nothing unless asked to trace. */
export interface Transcript {
  sent(bytes: Uint8Array): void;
  received(bytes: Uint8Array): void;
  note(what: string): void;
  /** `{dialogue: lines}` to merge into an outcome's details; undefined when not tracing. */
  details(): { readonly dialogue: readonly string[] } | undefined;
}

const MOST_LINES = 200;
const SHOWN_BYTES = 512;

const SILENT: Transcript = { sent() {}, received() {}, note() {}, details: () => undefined };

export function startTranscript(trace: boolean, clock: Clock): Transcript {
  if (!trace) return SILENT;
  const lines: string[] = [];
  const startMs = clock.monotonicMs();
  const add = (line: string): void => {
    if (lines.length < MOST_LINES) lines.push(`${line} (+${formatMs(clock.monotonicMs() - startMs)})`);
  };
  return {
    sent: (bytes) => add(`> ${quoteBytes(bytes, SHOWN_BYTES)}`),
    received: (bytes) => add(`< ${quoteBytes(bytes, SHOWN_BYTES)}`),
    note: (what) => add(`- ${what}`),
    details: () => ({ dialogue: lines }),
  };
}
