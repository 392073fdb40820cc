// SPDX-License-Identifier: MIT
/**
 * The body of an HTTP/1.1 answer (RFC 9112, 6 and 7): counted, in chunks, or until the connection ends. Chunk
 * extensions and trailers are rare and odd.
 */

/** Where the reader stands: what the next byte belongs to. */
const SIZE = 0;
const SIZE_END = 1;
const DATA = 2;
const DATA_CR = 3;
const DATA_LF = 4;
const LAST_CR = 5;
const LAST_LF = 6;
const DONE = 7;
const ENOUGH = 8;
const ODD = 9;

const LF = 0x0a;
const CR = 0x0d;

/** 2^48 bytes: more than anybody sends, and exact as a number. */
const MOST_SIZE_DIGITS = 12;

export class BodyReader {
  #state = DONE;
  #read = 0;
  #chunked = false;
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0;
  #sizeDigits = 0;
  #wanted = 0;
  #most = 0;
  #parts: Buffer[] = [];

  get odd(): boolean {
    return this.#state === ODD;
  }

  /** The body has been read to its end. */
  get done(): boolean {
    return this.#state === DONE;
  }

  /** As many bytes have been read as anybody wants, and the body goes on. */
  get enough(): boolean {
    return this.#state === ENOUGH;
  }

  /** Of a body without length: the end of the connection is its end, and the only one. */
  get untilClose(): boolean {
    return this.#left === Infinity;
  }

  /** What was kept: the body's beginning. */
  get kept(): Buffer {
    return this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
  }

  /**
   * Starts a body of `length` bytes (Infinity: until the connection ends), or in chunks; keeps `wanted` bytes of
   * it and reads `most`.
   */
  restart(length: number | 'chunked', wanted: number, most: number): void {
    this.#read = 0;
    this.#wanted = wanted;
    this.#most = most;
    if (this.#parts.length > 0) this.#parts = [];
    this.#chunked = length === 'chunked';
    this.#left = length === 'chunked' ? 0 : length;
    this.#sizeDigits = 0;
    this.#state = length === 'chunked' ? SIZE : length === 0 ? DONE : DATA;
  }

  /** Reads until the body is done, odd or the bytes are at their end; answers the place after the last one read. */
  feed(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#state < DONE) {
      if (this.#state === DATA) at = this.#take(bytes, at, end);
      else this.#state = this.#step(bytes[at++]!);
    }
    return at;
  }

  #take(bytes: Uint8Array, start: number, end: number): number {
    const taken = Math.min(this.#left, end - start, this.#most - this.#read);
    const keep = Math.min(taken, this.#wanted - this.#read);
    // A copy: the bytes belong to whoever reads the connection.
    if (keep > 0) this.#parts.push(Buffer.from(bytes.subarray(start, start + keep)));
    this.#read += taken;
    this.#left -= taken;
    if (this.#left === 0 && !this.#chunked) this.#state = DONE;
    else if (this.#read >= this.#most) this.#state = ENOUGH;
    else if (this.#left === 0) this.#state = DATA_CR;
    return start + taken;
  }

  #step(byte: number): number {
    switch (this.#state) {
      case SIZE:
        return this.#readSize(byte);
      case SIZE_END:
        if (byte !== LF) return ODD;
        this.#sizeDigits = 0;
        return this.#left > 0 ? DATA : LAST_CR;
      case DATA_CR:
        return byte === CR ? DATA_LF : ODD;
      case DATA_LF:
        return byte === LF ? SIZE : ODD;
      case LAST_CR:
        return byte === CR ? LAST_LF : ODD;
      case LAST_LF:
        return byte === LF ? DONE : ODD;
      default:
        return ODD;
    }
  }

  #readSize(byte: number): number {
    if (byte === CR) return this.#sizeDigits > 0 ? SIZE_END : ODD;
    const digit = hexDigit(byte);
    if (digit < 0 || ++this.#sizeDigits > MOST_SIZE_DIGITS) return ODD;
    this.#left = this.#left * 16 + digit;
    return SIZE;
  }
}

/** The value of a hexadecimal digit; -1: it is none. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
