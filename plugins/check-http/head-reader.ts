// SPDX-License-Identifier: MIT
/**
 * The head of an HTTP/1.x answer, byte by byte (RFC 9112, 4 and 5). It takes the grammar at its word: what a
 * tolerant reader would mend (folded lines, bare line feeds, a second length) is `odd` here, for somebody else to
 * make sense of.
 */
import {
  ALL_NAMES,
  CODING,
  CONNECTION,
  DIGIT,
  KINDS,
  LONGEST_VALUE,
  MINOR,
  START_LINE,
  appended,
  namesWith,
  withoutBlanks,
} from './head-bytes.js';
import { MOST_HEADER_BYTES } from './limits.js';

/** Where the reader stands: what the next byte belongs to. */
const START = 0;
const REASON = 1;
const LINE_END = 2;
const NAME = 3;
const VALUE = 4;
const HEAD_END = 5;
const DONE = 6;
const ODD = 7;

const LF = 0x0a;
const CR = 0x0d;
const ZERO = 0x30;
const COLON = 0x3a;

export class HeadReader {
  status = 0;
  /** The `y` of HTTP/1.y. */
  minor = 0;
  /** Content-Length; -1: there is none. */
  length = -1;
  chunked = false;
  /** `close`, `keep-alive` and whatever else the Connection headers say. */
  connection: readonly string[] = [];

  #state = START;
  /** Place in the status line or the header's name. */
  #at = 0;
  /** The framing headers that the name may still turn out to be. */
  #names = 0;
  #value = '';
  /** Of this head and those of the interim answers before it. */
  #bytes = 0;

  get odd(): boolean {
    return this.#state === ODD;
  }

  get done(): boolean {
    return this.#state === DONE;
  }

  /** Forgets everything, or with `interim` all but the number of bytes read: they have a limit in common. */
  restart(interim: boolean): void {
    this.status = 0;
    this.minor = 0;
    this.length = -1;
    this.chunked = false;
    if (this.connection.length > 0) this.connection = [];
    this.#state = START;
    this.#at = 0;
    this.#names = 0;
    if (!interim) this.#bytes = 0;
  }

  /** Reads until the head is done, odd or the bytes are at their end; answers the place after the last one read. */
  feed(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#state < DONE) at = this.#read(bytes, at, end);
    this.#bytes += at - start;
    if (this.#bytes > MOST_HEADER_BYTES) this.#state = ODD;
    return at;
  }

  #read(bytes: Uint8Array, at: number, end: number): number {
    switch (this.#state) {
      case START:
        return this.#readStart(bytes, at, end);
      case NAME:
        return this.#readName(bytes, at, end);
      case REASON:
      case VALUE:
        return this.#readText(bytes, at, end);
      case LINE_END:
        this.#state = bytes[at] === LF && this.#take() ? NAME : ODD;
        return at + 1;
      default:
        this.#state = bytes[at] === LF ? DONE : ODD;
        return at + 1;
    }
  }

  /** `HTTP/1.1 200 `, whose blank stands also before no reason at all. */
  #readStart(bytes: Uint8Array, start: number, end: number): number {
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      const expected = START_LINE[this.#at++]!;
      const digit = byte - ZERO;
      if (expected === MINOR) this.minor = digit;
      else if (expected === DIGIT) this.status = this.status * 10 + digit;
      if (expected <= DIGIT ? digit < 0 || digit > (expected === MINOR ? 1 : 9) : byte !== expected) {
        this.#state = ODD;
        return at + 1;
      }
      if (this.#at === START_LINE.length) {
        this.#at = 0;
        this.#state = REASON;
        return at + 1;
      }
    }
    return end;
  }

  #readName(bytes: Uint8Array, start: number, end: number): number {
    const offset = this.#at - start;
    let names = this.#at === 0 ? ALL_NAMES : this.#names;
    let at = start;
    for (; at < end && KINDS[bytes[at]!] === 1; at++) {
      if (names !== 0) names &= namesWith(bytes[at]!, offset + at);
    }
    this.#names = names;
    this.#at = offset + at;
    if (at === end) return end;
    this.#state = this.#endName(bytes[at]!);
    return at + 1;
  }

  #endName(byte: number): number {
    const length = this.#at;
    this.#at = 0;
    if (length === 0) return byte === CR ? HEAD_END : ODD;
    this.#value = '';
    if (this.#names !== 0) this.#names &= namesWith(0, length);
    return byte === COLON ? VALUE : ODD;
  }

  /** A reason or a value, which is kept only of a framing header. */
  #readText(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && KINDS[bytes[at]!] !== 0) at++;
    if (this.#names !== 0) this.#value = appended(this.#value, bytes, start, at);
    if (this.#value.length > LONGEST_VALUE) this.#state = ODD;
    else if (at < end) this.#state = bytes[at++] === CR ? LINE_END : ODD;
    return at;
  }

  /** Takes in the value of a framing header; false: it is odd. */
  #take(): boolean {
    if (this.#names === 0) return true;
    const value = withoutBlanks(this.#value).toLowerCase();
    if (this.#names === CONNECTION) {
      this.connection = [...this.connection, ...value.split(',').map(withoutBlanks)];
      return true;
    }
    if (this.length >= 0 || this.chunked) return false;
    if (this.#names === CODING) this.chunked = true;
    else this.length = Number(value);
    return this.#names === CODING ? value === 'chunked' : /^\d{1,15}$/.test(value);
  }
}
