// SPDX-License-Identifier: MIT
import type { CheckTarget } from 'sluice';
import type { Stream } from 'sluice/kernel';
import { AnswerReader, type Expectation, type Progress } from './answer-reader.js';

/** Bytes are on their way from the system to a reader that takes them at once: one buffer for all. */
const buffer = new Uint8Array(65_536);
const NOTHING = new Uint8Array(0);

/** A request and its answer on one connection; with the next probe, another. */
export class Exchange {
  readonly reader: AnswerReader;
  /** Names the member, for whoever keeps connections. */
  readonly key: string;
  target: CheckTarget;
  /** When the probe began, of the clock's monotonic time. */
  startedMs: number;
  /** A request is under way. */
  busy = true;
  /** The connection has served an earlier probe. */
  kept = false;

  readonly #request: Uint8Array;
  #unsent: Uint8Array = NOTHING;

  constructor(
    key: string,
    request: Uint8Array,
    expected: Expectation,
    target: CheckTarget,
    startedMs: number,
  ) {
    this.key = key;
    this.reader = new AnswerReader(expected);
    this.#request = request;
    this.target = target;
    this.startedMs = startedMs;
  }

  /** Sends the request. */
  ask(stream: Stream<Exchange>): void {
    this.#send(stream, this.#request);
  }

  /** Sends the request of another probe on the same connection; false: its end or something else has come. */
  askAgain(stream: Stream<Exchange>, target: CheckTarget, startedMs: number): boolean {
    this.reader.restart();
    this.target = target;
    this.startedMs = startedMs;
    this.busy = true;
    this.kept = true;
    // Its news may have been told together with the answer before, and then is not told again.
    if (stream.read(buffer) >= 0) return false;
    this.ask(stream);
    return true;
  }

  /** Sends what is left of the request, and reads what has come. */
  go(stream: Stream<Exchange>): Progress {
    if (this.#unsent.length > 0) this.#send(stream, this.#unsent);
    for (;;) {
      const count = stream.read(buffer);
      if (count < 0) return 'more';
      const says = count === 0 ? this.reader.end() : this.reader.feed(buffer, count);
      if (says !== 'more') return says;
    }
  }

  #send(stream: Stream<Exchange>, bytes: Uint8Array): void {
    const sent = Math.max(0, stream.write(bytes));
    this.#unsent = sent === bytes.length ? NOTHING : bytes.subarray(sent);
  }
}
