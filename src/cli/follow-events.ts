// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError } from '../errors.js';
import type { JournalEvent } from '../status.js';
import { ControlError, type ControlClient } from './client.js';

const RETRY_MS = 500;

export interface FollowOptions {
  readonly client: ControlClient;
  /** Leave out what happened before. */
  readonly sinceIso: string | null;
  /** Called once for each time that the daemon goes away. */
  readonly onLost: () => void;
}

/**
 * Events for ever: when the daemon restarts, goes on after the last one seen. Throws only when it cannot be
 * reached to begin with, or refuses.
 */
export async function* followEvents({
  client,
  sinceIso,
  onLost,
}: FollowOptions): AsyncGenerator<JournalEvent> {
  let lastId: string | null = null;
  let reached = false;
  let told = false;
  for (;;) {
    try {
      for await (const event of client.events(sinceIso, lastId)) {
        reached = true;
        told = false;
        lastId = event.id;
        yield event;
      }
      reached = true;
    } catch (error) {
      if (error instanceof ControlError || (!reached && error instanceof SluiceError)) throw error;
    }
    if (!told) onLost();
    told = true;
    await delay(RETRY_MS);
  }
}
