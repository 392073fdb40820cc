// SPDX-License-Identifier: MIT
import { isRecord } from '../is-record.js';
import type { Clock, Watcher, WatchSignal, WatchTarget } from '../plugin/api.js';
import { describeThrown, type Faults } from '../plugin/faults.js';
import { running } from '../plugin/running.js';
import { Inbox } from './inbox.js';
import { oneLine } from './outcome.js';

const KINDS: ReadonlySet<unknown> = new Set<WatchSignal['kind']>([
  'refused',
  'unreachable',
  'unanswered',
  'neighbour',
]);
const BACKOFF_MS = { least: 100, most: 10_000 };
/** A watcher that has run for so long is at work; after the longer time its next failure counts as the first. */
const AT_WORK_MS = 1_000;
const WELL_MS = 60_000;

export interface WatchRunOptions {
  /** `watch/name` */
  readonly plugin: string;
  readonly watcher: Watcher;
  readonly targets: readonly WatchTarget[];
  readonly clock: Clock;
  readonly faults: Faults;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  readonly hear: (endpoint: string, signal: WatchSignal) => void;
  /** Why nothing is watched just now; null: it is. */
  readonly trouble: (sentence: string | null) => void;
}

/** Keeps one watcher at work: what it says is checked, and when it ends or throws it is named and started again. */
export async function runWatch(options: WatchRunOptions): Promise<void> {
  const { plugin, clock, faults, signal, trouble } = options;
  for (let failures = 0; !signal.aborted;) {
    const startedMs = clock.monotonicMs();
    const reason = await watchOnce(options);
    if (signal.aborted) return;
    failures = clock.monotonicMs() - startedMs > WELL_MS ? 1 : failures + 1;
    faults.add({ plugin, hook: 'watch', kind: reason.kind, message: reason.message });
    trouble(`${plugin} does not watch: ${reason.message}; probes go on, and it is started again`);
    const pauseMs = Math.min(BACKOFF_MS.least * 2 ** (failures - 1), BACKOFF_MS.most);
    await pause(clock, pauseMs, signal);
  }
}

async function watchOnce({
  plugin,
  watcher,
  targets,
  clock,
  faults,
  signal,
  hear,
  trouble,
}: WatchRunOptions): Promise<{ readonly kind: 'nonsense' | 'reject'; readonly message: string }> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  signal.addEventListener('abort', stop, { once: true });
  const inbox = new Inbox<readonly [string, WatchSignal]>(over.signal);
  // Read here and not where it is said: what follows from a sign is done in nobody's name.
  void (async () => {
    for await (const signs of inbox) {
      for (const [endpoint, sign] of signs) {
        const wrong = problemOf(sign);
        if (wrong === null) hear(endpoint, { ...sign, reason: oneLine(sign.reason) });
        else faults.add({ plugin, hook: 'watch', kind: 'nonsense', message: `reported ${wrong}` });
      }
    }
  })();
  const atWork = clock.after(AT_WORK_MS, () => trouble(null));
  try {
    await running(plugin, 'watch', faults, () =>
      watcher.watch(targets, (endpoint, sign) => inbox.add([endpoint, sign]), signal),
    );
    return { kind: 'nonsense', message: 'it ended' };
  } catch (error) {
    return { kind: 'reject', message: describeThrown(error).message };
  } finally {
    atWork[Symbol.dispose]();
    signal.removeEventListener('abort', stop);
    over.abort();
  }
}

/** What is wrong with a sign, as the end of the sentence "reported …"; null: nothing. */
function problemOf(sign: unknown): string | null {
  if (!isRecord(sign)) return 'what is no signal';
  if (!KINDS.has(sign['kind'])) return 'a signal of an unknown kind';
  if (typeof sign['reason'] !== 'string') return 'a signal without a reason';
  const { count } = sign;
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0
    ? null
    : 'a signal without a count';
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(ms, end);
    signal.addEventListener('abort', end, { once: true });
  });
}
