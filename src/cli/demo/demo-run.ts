// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlClient } from '../client.js';
import { isAbsent } from '../client.js';
import type { Io } from '../io.js';
import { paint } from '../paint.js';
import { clockTime } from '../time-text.js';
import type { DemoMember } from './demo-member.js';
import { narrate } from './narrate.js';
import { spreadOfRequests } from './spread.js';

const ALIVE_MS = 8000;
const DEAD_MS = 6000;
/** After a change of health, before the requests that show it: the rules have followed by then. */
const SETTLE_MS = 300;
const POLL_MS = 50;

/** One line of the demo's story. */
export function say(io: Io, text: string): void {
  const now = io.now();
  io.out(`${paint(io.color).faint(clockTime(new Date(now).toISOString(), now))}  ${text}\n`);
}

/** False when the daemon has ended without ever answering. */
export async function untilItAnswers(client: ControlClient, ended: AbortSignal): Promise<boolean> {
  while (!ended.aborted) {
    try {
      await client.get('/v1/status');
      return true;
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
    await delay(POLL_MS);
  }
  return false;
}

/** Tells what the journal says, with a handful of requests after each change. Ends with the daemon. */
export async function tellEvents(
  client: ControlClient,
  io: Io,
  url: string,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of client.events(null, null)) {
    const text = narrate(event, io.color);
    if (text !== null) say(io, text);
    if (event.kind !== 'health' || event.from === 'unknown') continue;
    await pause(SETTLE_MS, signal);
    if (!signal.aborted) say(io, `demo:   ${await spreadOfRequests(url)}`);
  }
}

/** Lets a member die and return until `signal` aborts. */
export async function troubleMember(member: DemoMember, io: Io, signal: AbortSignal): Promise<void> {
  for (;;) {
    await pause(ALIVE_MS, signal);
    if (signal.aborted) return;
    await member.die();
    say(io, `demo:   member ${member.name} dies: its port ${member.port} is closed`);
    await pause(DEAD_MS, signal);
    if (signal.aborted) return;
    await member.start();
    say(io, `demo:   member ${member.name} is back on port ${member.port}`);
  }
}

/** Ends early, and as well, when the signal aborts; leaves nothing behind on it. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
