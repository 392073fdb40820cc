// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Clock, Prober } from 'sluice';
import type { Stream, StreamHandler, Streams } from 'sluice/kernel';
import { patienceMs } from '../deadline.js';
import { codeOf, formatMs, outcomeOfError, pass, timedOut } from '../outcome.js';

type Report = (target: CheckTarget, outcome: CheckOutcome) => void;
type Batches = AsyncIterable<readonly CheckTarget[]>;

const UNANSWERED = Object.freeze(timedOut('connecting'));

/**
 * Probes many targets by half-open handshakes: SYN, the member's answer, RST. Its service never hears of them.
 * Where there is no koffi, `prober` probes them one by one.
 */
export async function sweepHalfOpen(
  clock: Clock,
  prober: Prober,
  batches: Batches,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const sweep = new HalfOpenSweep(report);
  let streams: Streams<CheckTarget>;
  try {
    const kernel = await import('sluice/kernel');
    streams = new kernel.Streams(clock, sweep);
  } catch (error) {
    if (codeOf(error) !== 'SLUICE_UNAVAILABLE') throw error;
    await sweepOneByOne(prober, batches, report, signal);
    return;
  }
  try {
    for await (const targets of batches) for (const target of targets) sweep.probe(streams, target);
    await sweep.answered(signal);
  } finally {
    streams[Symbol.dispose]();
  }
}

class HalfOpenSweep implements StreamHandler<CheckTarget> {
  readonly #report: Report;
  #underWay = 0;
  #whenAnswered: (() => void) | null = null;

  constructor(report: Report) {
    this.#report = report;
  }

  probe(streams: Streams<CheckTarget>, target: CheckTarget): void {
    this.#underWay += 1;
    try {
      streams.connect(target, patienceMs(target), target);
    } catch (error) {
      this.#tell(target, outcomeOfError(error));
    }
  }

  /** Resolves when every target has had its answer. */
  async answered(signal: AbortSignal): Promise<void> {
    if (this.#underWay === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#whenAnswered = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  connected(stream: Stream<CheckTarget>, nowMs: number): void {
    const { context: target, startedMs } = stream;
    stream.release();
    this.#tell(target, connectedIn(nowMs - startedMs));
  }

  /** Never comes: at the first sign of life the stream is released. */
  ready(): void {}

  failed({ context: target }: Stream<CheckTarget>, error: unknown): void {
    this.#tell(target, outcomeOfError(error));
  }

  timedOut({ context: target }: Stream<CheckTarget>): void {
    this.#tell(target, UNANSWERED);
  }

  #tell(target: CheckTarget, outcome: CheckOutcome): void {
    this.#underWay -= 1;
    this.#report(target, outcome);
    if (this.#underWay === 0) this.#whenAnswered?.();
  }
}

/** What passes says is made once for each text, which are few: a steady site allocates nothing. */
const passes: CheckOutcome[] = [];

function connectedIn(ms: number): CheckOutcome {
  // As formatMs rounds: tenths below 10 ms, whole ones up to a second.
  const index = ms < 10 ? Math.round(ms * 10) : 100 + Math.round(ms);
  if (ms >= 1_000) return pass(`connected in ${formatMs(ms)}`);
  return (passes[index] ??= Object.freeze(pass(`connected in ${formatMs(ms)}`)));
}

async function sweepOneByOne(
  prober: Prober,
  batches: Batches,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const bugs: unknown[] = [];
  for await (const targets of batches) {
    if (bugs.length > 0) break;
    for (const target of targets) {
      const probing = prober
        .probe(target, signal)
        .then((outcome) => report(target, outcome))
        .catch((error: unknown) => void bugs.push(error))
        .finally(() => underWay.delete(probing));
      underWay.add(probing);
    }
  }
  await Promise.all(underWay);
  if (bugs.length > 0) throw bugs[0];
}
