// SPDX-License-Identifier: MIT
/**
 * `GET /v1/events`: the journal as server-sent events (WHATWG HTML, section 9.2), or its history alone as
 * JSON lines. Nothing is queued for a client: it pulls from the journal as fast as it reads, so that a slow one
 * costs no memory; if the journal has moved on meanwhile, a comment tells it how much it missed.
 */
import { addAbortListener } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Journal } from '../../daemon-api.js';
import type { JournalEvent } from '../../status.js';
import { drained } from './slow-client.js';

const EVENTS_A_SLICE = 200;

export interface EventQuery {
  /** Resume after this id; null: from the beginning of what is remembered. */
  readonly after: string | null;
  /** Leave out events before this time, in ms since the epoch. */
  readonly sinceMs: number;
}

export async function sendHistory(
  journal: Journal,
  query: EventQuery,
  response: ServerResponse,
  clientTimeoutMs: number,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const lines = journal
    .since(query.after)
    .filter((event) => Date.parse(event.at) >= query.sinceMs)
    .map((event) => `${JSON.stringify(event)}\n`);
  if (await writeSlices(response, lines, clientTimeoutMs)) response.end();
  else response.destroy();
}

/** Lives until the client goes, `stop` aborts, or the client reads nothing for the time-out. */
export async function followEvents(
  journal: Journal,
  query: EventQuery,
  response: ServerResponse,
  clientTimeoutMs: number,
  stop: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write('retry: 1000\n\n');
  const wake = new Wake();
  using _subscription = journal.subscribe(() => wake.up());
  response.on('close', () => wake.up());
  using _stop = addAbortListener(stop, () => wake.up());
  let last = query.after;
  for (;;) {
    const events = journal.since(last);
    const frames = events
      .filter((event) => Date.parse(event.at) >= query.sinceMs)
      .map((event) => `id: ${event.id}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
    const lost = countLost(last, events[0]);
    if (lost > 0) frames.unshift(`: ${lost} events are no longer remembered\n\n`);
    last = events.at(-1)?.id ?? last;
    if (!(await writeSlices(response, frames, clientTimeoutMs))) {
      if (!response.destroyed) response.end(': you read too slowly; resume with Last-Event-ID\n\n');
      // What it never reads must not stay in memory.
      setTimeout(() => response.destroy(), clientTimeoutMs).unref();
      return;
    }
    // What was still to be told is told before the end.
    if (events.length > 0) continue;
    if (stop.aborted) response.end();
    if (response.destroyed || response.writableEnded) return;
    await wake.wait();
  }
}

/** False: the client is gone or reads nothing. */
async function writeSlices(
  response: ServerResponse,
  texts: readonly string[],
  clientTimeoutMs: number,
): Promise<boolean> {
  for (let start = 0; start < texts.length; start += EVENTS_A_SLICE) {
    response.write(texts.slice(start, start + EVENTS_A_SLICE).join(''));
    if (!(await drained(response, clientTimeoutMs))) return false;
    if (start + EVENTS_A_SLICE < texts.length) await nextTurn();
  }
  return true;
}

/** Events of this boot that fell out of the journal between the last one sent and the next one. */
function countLost(last: string | null, next: JournalEvent | undefined): number {
  if (last === null || next === undefined) return 0;
  const [before, after] = [splitId(last), splitId(next.id)];
  if (before.boot !== after.boot) return 0;
  return Math.max(0, after.sequence - before.sequence - 1);
}

function splitId(id: string): { boot: string; sequence: number } {
  const dash = id.lastIndexOf('-');
  return { boot: id.slice(0, dash), sequence: Number(id.slice(dash + 1)) };
}

/** One sleeper; a wake-up that comes before the sleep is not lost. */
class Wake {
  #awake = false;
  #resolve: (() => void) | null = null;
  up(): void {
    this.#awake = true;
    this.#resolve?.();
  }
  async wait(): Promise<void> {
    if (!this.#awake) await new Promise<void>((resolve) => (this.#resolve = resolve));
    this.#resolve = null;
    this.#awake = false;
  }
}
