// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Clock } from 'sluice';
import { type Stream, type StreamHandler, Streams } from 'sluice/kernel';
import { patienceMs } from '../deadline.js';
import { outcomeOfError, timedOut } from '../outcome.js';
import type { Expectation } from './answer-reader.js';
import { Exchange } from './exchange.js';
import { closedEarly } from './http-error.js';
import type { Judge } from './judge.js';

export interface SweepParts {
  readonly clock: Clock;
  readonly judge: Judge;
  readonly expected: Expectation;
  /** The request's bytes; asked for once for each target object. */
  readonly request: (target: CheckTarget) => Uint8Array;
  /** Probes by the portable way, within what is left of the target's time. */
  readonly again: (target: CheckTarget, startedMs: number) => Promise<CheckOutcome>;
}

const SILENCE = Object.freeze(timedOut('waiting for the answer'));

/** What never changes of a target. */
interface Prepared {
  /** Equal for targets whose connections are as good as each other's. */
  readonly key: string;
  readonly request: Uint8Array;
}

/**
 * Plain HTTP in a crowd. It speaks for itself where all is clear: a connection refused, silence, an answer by the
 * book. What is odd is asked again, by the portable way, so that the verdict is the same wherever sluice runs.
 */
export class HttpSweep implements StreamHandler<Exchange>, Disposable {
  readonly #parts: SweepParts;
  readonly #report: (target: CheckTarget, outcome: CheckOutcome) => void;
  readonly #broken: (error: unknown) => void;
  readonly #streams: Streams<Exchange>;
  readonly #prepared = new WeakMap<CheckTarget, Prepared>();
  /** Connections that wait for the next probe of their member. */
  readonly #idle = new Map<string, Stream<Exchange>>();
  #underWay = 0;
  #whenAnswered: (() => void) | null = null;
  #over = false;

  /** `broken` hears of errors that are bugs. Throws SLUICE_UNAVAILABLE where there is no Linux or no koffi. */
  constructor(
    parts: SweepParts,
    report: (target: CheckTarget, outcome: CheckOutcome) => void,
    broken: (error: unknown) => void,
  ) {
    this.#parts = parts;
    this.#report = report;
    this.#broken = broken;
    this.#streams = new Streams(parts.clock, this);
  }

  probe(target: CheckTarget): void {
    if (this.#over) return;
    this.#underWay += 1;
    const startedMs = this.#parts.clock.monotonicMs();
    if (target.trace) {
      this.#again(target, startedMs);
      return;
    }
    const { key, request } = this.#prepared.get(target) ?? this.#prepare(target);
    const kept = this.#idle.get(key);
    if (kept === undefined) {
      this.#connect(new Exchange(key, request, this.#parts.expected, target, startedMs), 0);
      return;
    }
    this.#idle.delete(key);
    const exchange = kept.context;
    let fit = false;
    try {
      kept.resume(patienceMs(target));
      fit = exchange.askAgain(kept, target, startedMs);
    } catch {
      // Only its end keeps a connection from being read, and from taking so few bytes.
    }
    if (fit) return;
    kept.release();
    this.#unheard(exchange, closedEarly);
  }

  /** Resolves when every probe has had its answer. */
  async answered(): Promise<void> {
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenAnswered = resolve;
    });
  }

  connected(stream: Stream<Exchange>): void {
    stream.context.ask(stream);
  }

  ready(stream: Stream<Exchange>, nowMs: number): void {
    const exchange = stream.context;
    if (!exchange.busy) {
      // Nobody asked: the member ends the connection, or says what belongs to no request.
      this.#idle.delete(exchange.key);
      stream.release();
      return;
    }
    const says = exchange.go(stream);
    if (says === 'more') return;
    if (says === 'answer') {
      const outcome = this.#parts.judge.judge(exchange.reader.answer, nowMs - exchange.startedMs);
      this.#keep(stream);
      this.#tell(exchange.target, outcome);
      return;
    }
    stream.release();
    if (exchange.reader.begun) this.#again(exchange.target, exchange.startedMs);
    else this.#unheard(exchange, closedEarly);
  }

  failed(stream: Stream<Exchange>, error: unknown): void {
    const exchange = stream.context;
    if (!exchange.busy) this.#idle.delete(exchange.key);
    else if (exchange.reader.begun) this.#again(exchange.target, exchange.startedMs);
    else this.#unheard(exchange, () => outcomeOfError(error));
  }

  timedOut(stream: Stream<Exchange>): void {
    this.#tell(stream.context.target, SILENCE);
  }

  /** Gives up everything without a word. */
  [Symbol.dispose](): void {
    this.#over = true;
    for (const stream of this.#idle.values()) stream.release();
    this.#idle.clear();
    this.#streams[Symbol.dispose]();
  }

  /** The connection is over, and not a byte of an answer has come. */
  #unheard(exchange: Exchange, outcome: () => CheckOutcome): void {
    const { key, target, startedMs, kept } = exchange;
    if (!kept) {
      this.#speak(target, outcome);
      return;
    }
    // The member may have ended the kept connection in the meantime, which says nothing about its health.
    const { request } = this.#prepared.get(target)!;
    const spentMs = this.#parts.clock.monotonicMs() - startedMs;
    this.#connect(new Exchange(key, request, this.#parts.expected, target, startedMs), spentMs);
  }

  #connect(exchange: Exchange, spentMs: number): void {
    const { target } = exchange;
    try {
      const leftMs = Math.max(0, patienceMs(target) - Math.ceil(spentMs));
      this.#streams.connect(target, leftMs, exchange);
    } catch (error) {
      this.#speak(target, () => outcomeOfError(error));
    }
  }

  /** After an answer: lets the connection rest for the next probe, where that is wanted and the member's will. */
  #keep(stream: Stream<Exchange>): void {
    const exchange = stream.context;
    if (!exchange.reader.reusable || this.#idle.has(exchange.key)) {
      stream.release();
      return;
    }
    exchange.busy = false;
    stream.rest();
    this.#idle.set(exchange.key, stream);
  }

  #again(target: CheckTarget, startedMs: number): void {
    this.#parts.again(target, startedMs).then(
      (outcome) => this.#tell(target, outcome),
      (error: unknown) => this.#broken(error),
    );
  }

  #speak(target: CheckTarget, outcome: () => CheckOutcome): void {
    try {
      this.#tell(target, outcome());
    } catch (error) {
      this.#broken(error);
    }
  }

  #tell(target: CheckTarget, outcome: CheckOutcome): void {
    if (this.#over) return;
    this.#underWay -= 1;
    this.#report(target, outcome);
    if (this.#underWay === 0) this.#whenAnswered?.();
  }

  #prepare(target: CheckTarget): Prepared {
    const { address, port, source, fwmark } = target;
    const key = JSON.stringify([address, port, source, fwmark]);
    const prepared = { key, request: this.#parts.request(target) };
    this.#prepared.set(target, prepared);
    return prepared;
  }
}
