// SPDX-License-Identifier: MIT
import { readDuration } from '../../config/duration.js';
import { SluiceError } from '../../errors.js';
import { controlClient, type CommandContext } from '../context.js';
import { EXIT } from '../exit-code.js';
import { followEvents } from '../follow-events.js';
import { printJson } from '../print.js';
import { renderEvent } from '../render-event.js';

export interface EventsOptions {
  readonly follow: boolean;
  readonly json: boolean;
  readonly since: string | null;
}

export async function eventsCommand(context: CommandContext, options: EventsOptions): Promise<number> {
  const { io } = context;
  const client = controlClient(context);
  const sinceIso = options.since === null ? null : sinceTime(options.since, io.now());
  const onLost = (): void => io.err('sluice: the daemon went away; waiting for it to return\n');
  const events = options.follow ? followEvents({ client, sinceIso, onLost }) : client.history(sinceIso);
  for await (const event of events) {
    if (options.json) printJson(io, event);
    else io.out(`${renderEvent(event, io.color)}\n`);
  }
  return EXIT.done;
}

/** `30m` is so long ago; otherwise a time in ISO 8601, in the local zone unless it names one. */
export function sinceTime(text: string, nowMs: number): string {
  const duration = readDuration(text);
  const isDate = /^\d{4}-\d\d-\d\d/.test(text);
  const ms = duration.ok ? nowMs - duration.value : isDate ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new SluiceError(
      'SLUICE_USAGE',
      `"${text}" is neither a duration (30m, 2h) nor a time (2026-01-31T12:00:00)`,
    );
  }
  return new Date(ms).toISOString();
}
