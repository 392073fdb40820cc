// SPDX-License-Identifier: MIT
import type { Answer } from './answer.js';
import { BodyReader } from './body-reader.js';
import { HeadReader } from './head-reader.js';
import { DRAINED_BYTES } from './limits.js';

/** `more`: not yet; `odd`: nothing that is fully understood, and what follows would not help. */
export type Progress = 'more' | 'answer' | 'odd';

export interface Expectation {
  readonly method: string;
  /** How much of the body to keep; 0: none of it, the status is enough. */
  readonly maxBody: number;
  /** The answer is read to its end, so that the connection is fit for the next request. */
  readonly reuse: boolean;
}

/**
 * Reads one HTTP/1.1 answer from the bytes of a connection as they come, however they are split. It speaks only
 * of answers that follow RFC 9112 to the letter; all else is `odd`, and for a parser of wider experience.
 */
export class AnswerReader {
  readonly #expected: Expectation;
  readonly #head = new HeadReader();
  readonly #body = new BodyReader();
  #begun = false;
  #inBody = false;
  #reusable = false;

  constructor(expected: Expectation) {
    this.#expected = expected;
  }

  /** Whether a byte has come at all. */
  get begun(): boolean {
    return this.#begun;
  }

  /** After an `answer`: nothing is left in the connection, and the member keeps it open. */
  get reusable(): boolean {
    return this.#reusable;
  }

  /** After an `answer`. */
  get answer(): Answer {
    return { status: this.#head.status, body: this.#body.kept };
  }

  /** Makes ready for the next answer. */
  restart(): void {
    this.#head.restart(false);
    this.#body.restart(0, 0, 0);
    this.#begun = false;
    this.#inBody = false;
    this.#reusable = false;
  }

  /**
   * Takes the next bytes, those before `end`; they may be overwritten afterwards. After anything but `more` there
   * is nothing more to feed.
   */
  feed(bytes: Uint8Array, end = bytes.length): Progress {
    this.#begun ||= end > 0;
    let at = 0;
    while (!this.#inBody) {
      at = this.#head.feed(bytes, at, end);
      if (this.#head.odd) return 'odd';
      if (!this.#head.done) return 'more';
      const { maxBody, reuse } = this.#expected;
      if (this.#head.status < 200) {
        if (!isInterim(this.#head)) return 'odd';
        this.#head.restart(true);
      } else if (!this.#beginBody()) return 'odd';
      else if (maxBody === 0 && !reuse) return 'answer';
    }
    return this.#readBody(bytes, at, end);
  }

  /** The member has ended its side in order. */
  end(): Progress {
    return this.#inBody && this.#body.untilClose ? 'answer' : 'odd';
  }

  /** RFC 9112, 6.3; false: the head contradicts itself. */
  #beginBody(): boolean {
    const { status, minor, length, chunked } = this.#head;
    const { method, maxBody, reuse } = this.#expected;
    this.#inBody = true;
    if (status > 599 || (chunked && minor === 0)) return false;
    if (method === 'HEAD') this.#body.restart(0, 0, 0);
    else if (status === 204 || status === 304) {
      if (chunked || length > 0) return false;
      this.#body.restart(0, 0, 0);
    } else {
      const most = reuse ? Math.max(maxBody, DRAINED_BYTES) + 1 : maxBody;
      this.#body.restart(chunked ? 'chunked' : length < 0 ? Infinity : length, maxBody, most);
    }
    return true;
  }

  #readBody(bytes: Uint8Array, start: number, end: number): Progress {
    const at = this.#body.feed(bytes, start, end);
    if (this.#body.odd) return 'odd';
    if (this.#body.done) {
      this.#reusable = at === end && isKept(this.#head);
      return 'answer';
    }
    return this.#body.enough ? 'answer' : 'more';
  }
}

/**
 * An interim answer has no body (RFC 9110, 15.2). We never ask for 100 or 101, so who sends them means something
 * else.
 */
function isInterim({ status, length, chunked }: HeadReader): boolean {
  return status > 101 && length < 0 && !chunked;
}

/** RFC 9112, 9.3. */
function isKept({ minor, connection }: HeadReader): boolean {
  return !connection.includes('close') && (minor === 1 || connection.includes('keep-alive'));
}
