// SPDX-License-Identifier: MIT
import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError } from '../errors.js';
import type { Status } from '../status.js';
import { ControlError, type ControlClient } from './client.js';
import { followEvents } from './follow-events.js';
import type { Io } from './io.js';

/** A burst of events makes one picture; ages grow without any event. */
const LEAST_BETWEEN_MS = 250;
const MOST_BETWEEN_MS = 2000;
/** ECMA-48: cursor home, clear the screen. */
const CLEAR = '\u001b[H\u001b[2J';

export interface WatchOptions {
  readonly client: ControlClient;
  readonly io: Io;
  readonly fetch: () => Promise<Status>;
  /** The picture of a status; it is cut to the height of the terminal. */
  readonly render: (status: Status) => readonly string[];
}

/** Shows the status anew whenever something happens, also after the daemon has been away. Ends by a signal. */
export async function watchStatus(options: WatchOptions): Promise<never> {
  const { client, io } = options;
  // The first picture fails as every other command does; from then on the watch waits for a daemon that is away.
  show(io, options.render(await options.fetch()));
  const bell = new Bell();
  void ringOnEvents(client, new Date(io.now()).toISOString(), bell);
  for (;;) {
    await delay(LEAST_BETWEEN_MS);
    await bell.rung(MOST_BETWEEN_MS);
    try {
      show(io, options.render(await options.fetch()));
    } catch (error) {
      if (!(error instanceof SluiceError) || error instanceof ControlError) throw error;
      show(io, [`sluice: ${error.message}`]);
    }
  }
}

function show(io: Io, lines: readonly string[]): void {
  if (!Number.isFinite(io.rows)) {
    io.out(`${lines.join('\n')}\n`);
    return;
  }
  const room = io.rows - 1;
  const hidden = lines.length - room + 1;
  const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${hidden} more lines`];
  io.out(`${CLEAR}${shown.join('\n')}\n`);
}

async function ringOnEvents(client: ControlClient, sinceIso: string, bell: Bell): Promise<void> {
  try {
    for await (const _ of followEvents({ client, sinceIso, onLost: () => bell.ring() })) bell.ring();
  } catch {
    // Without events the picture is still drawn anew on time, and the next one tells what is wrong.
    bell.ring();
  }
}

/** Rings are remembered until somebody listens. */
class Bell {
  #isRung = false;
  #wake: (() => void) | null = null;
  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }
  async rung(timeoutMs: number): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = null;
    this.#isRung = false;
  }
}
