// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Clock } from 'sluice';
import { type Stream, type StreamHandler, Streams } from 'sluice/kernel';
import { patienceMs } from '../deadline.js';
import { outcomeOfError, timedOut } from '../outcome.js';
import type { Expectation } from './answer-reader.js';
import { Exchange } from './exchange.js';
import { closedEarly } from './http-error.js';
import type { Judge } from './judge.js';
import type { PreparedRequests } from './prepared-requests.js';

export interface SweepParts {
  readonly clock: Clock;
  readonly judge: Judge;
  readonly expected: Expectation;
  readonly requests: PreparedRequests;
  readonly report: (target: CheckTarget, outcome: CheckOutcome) => void;
  /** Answers for a target in the sweep's place, of which what came was odd, or a dialogue is asked for. */
  readonly passOn: (target: CheckTarget, startedMs: number) => void;
  /** Hears of errors that are bugs. */
  readonly broken: (error: unknown) => void;
}

const SILENCE = Object.freeze(timedOut('waiting for the answer'));

/**
 * Plain HTTP in a crowd. It speaks for itself where all is clear: a connection refused, silence, an answer by the
 * book. What is odd is passed on.
 */
export class HttpSweep implements StreamHandler<Exchange>, Disposable {
  readonly #parts: SweepParts;
  readonly #streams: Streams<Exchange>;
  /** Connections that wait for the next probe of their member. */
  readonly #idle = new Map<string, Stream<Exchange>>();

  /** Throws SLUICE_UNAVAILABLE where there is no Linux or no koffi. */
  constructor(parts: SweepParts) {
    this.#parts = parts;
    this.#streams = new Streams(parts.clock, this);
  }

  probe(target: CheckTarget): void {
    const startedMs = this.#parts.clock.monotonicMs();
    if (target.trace) {
      this.#parts.passOn(target, startedMs);
      return;
    }
    const { key } = this.#parts.requests.of(target);
    const kept = this.#idle.get(key);
    if (kept === undefined) {
      this.#connect(target, startedMs, 0);
      return;
    }
    this.#idle.delete(key);
    if (this.#askAgain(kept, target, startedMs)) return;
    kept.release();
    this.#connect(target, startedMs, 0);
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
      this.#parts.report(exchange.target, outcome);
      return;
    }
    stream.release();
    this.#unclear(exchange, nowMs, closedEarly);
  }

  failed(stream: Stream<Exchange>, error: unknown, nowMs: number): void {
    const exchange = stream.context;
    if (exchange.busy) this.#unclear(exchange, nowMs, () => outcomeOfError(error));
    else this.#idle.delete(exchange.key);
  }

  timedOut(stream: Stream<Exchange>): void {
    this.#parts.report(stream.context.target, SILENCE);
  }

  /** Gives up everything without a word. */
  [Symbol.dispose](): void {
    this.#idle.clear();
    this.#streams[Symbol.dispose]();
  }

  #connect(target: CheckTarget, startedMs: number, spentMs: number): void {
    const { key, bytes } = this.#parts.requests.of(target);
    const exchange = new Exchange(key, bytes, this.#parts.expected, target, startedMs);
    // Whole milliseconds: the streams count each length of time apart.
    const leftMs = Math.max(0, patienceMs(target) - Math.ceil(spentMs));
    try {
      this.#streams.connect(target, leftMs, exchange);
    } catch (error) {
      this.#speak(target, () => outcomeOfError(error));
    }
  }

  #askAgain(kept: Stream<Exchange>, target: CheckTarget, startedMs: number): boolean {
    try {
      kept.resume(patienceMs(target));
      return kept.context.askAgain(kept, target, startedMs);
    } catch {
      // Only its end keeps a connection from being read, and from taking so few bytes.
      return false;
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

  /** The connection is over before an answer: `outcome` tells how, and is the truth if not a byte has come. */
  #unclear({ target, startedMs, kept, reader }: Exchange, nowMs: number, outcome: () => CheckOutcome): void {
    if (reader.begun) this.#parts.passOn(target, startedMs);
    // The member may have ended the kept connection in the meantime, which says nothing about its health.
    else if (kept) this.#connect(target, startedMs, nowMs - startedMs);
    else this.#speak(target, outcome);
  }

  #speak(target: CheckTarget, outcome: () => CheckOutcome): void {
    try {
      this.#parts.report(target, outcome());
    } catch (error) {
      this.#parts.broken(error);
    }
  }
}
