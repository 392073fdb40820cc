// SPDX-License-Identifier: MIT
import type { Clock, PluginContext, Prober } from 'sluice';
import { Asking } from './asking.js';
import { operatorError } from './faults.js';
import { SynProber } from './syn-prober.js';
import { Voices } from './voices.js';

/** What all checks of this process share, in the old and in the new configuration, as long as one of them needs it. */
interface Shared {
  readonly voices: Voices;
  readonly prober: SynProber;
  users: number;
}
let shared: Shared | null = null;

/**
 * The sweep form of `probe: syn`. Throws a SluiceError that says what is missing here; what the host allows is
 * found out now, though nothing of it changes before the first probe.
 */
export function synSweep({
  clock,
}: PluginContext): Required<Pick<Prober, 'probeMany' | keyof AsyncDisposable>> {
  const { voices, prober } = acquire(clock);
  let released = false;
  return {
    async probeMany(targets, report, signal) {
      explained(() => voices.install());
      const asking = new Asking(report, signal);
      try {
        await Promise.race([
          asking.over,
          asking.all(targets, (together) => {
            if (!released) prober.send(asking, together);
          }),
        ]);
      } catch (error) {
        throw operatorError(error);
      } finally {
        prober.forget(asking);
      }
    },
    async [Symbol.asyncDispose]() {
      if (released) return;
      released = true;
      release();
    },
  };
}

function acquire(clock: Clock): Shared {
  if (shared === null) {
    const voices = explained(() => new Voices());
    shared = { voices, prober: new SynProber(clock, voices), users: 0 };
  }
  shared.users += 1;
  return shared;
}

function release(): void {
  if (shared === null) return;
  shared.users -= 1;
  if (shared.users > 0) return;
  shared.prober[Symbol.dispose]();
  shared.voices[Symbol.dispose]();
  shared = null;
}

function explained<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw operatorError(error);
  }
}
