// SPDX-License-Identifier: MIT
/** What the bytes of an answer's head may be (RFC 9112, 4 and 5; RFC 9110, 5.5 and 5.6). */

const TAB = 0x09;
const SPACE = 0x20;

/** Any digit, and that of the minor version, which is 0 or 1; all other bytes stand for themselves. */
export const [MINOR, DIGIT] = [1, 2];
export const START_LINE = bytesOf('HTTP/1.\x01 \x02\x02\x02 ');

/** Headers that say where the answer ends; all others are read over. The zero is their end. */
const LENGTH_NAME = bytesOf('content-length\0');
const CODING_NAME = bytesOf('transfer-encoding\0');
const CONNECTION_NAME = bytesOf('connection\0');
export const [LENGTH, CODING, CONNECTION] = [1, 2, 4];
export const ALL_NAMES = LENGTH | CODING | CONNECTION;
/** A value of these that is longer says nothing that this reader knows. */
export const LONGEST_VALUE = 128;

/** 1: a byte of a token (RFC 9110, 5.6.2); 2: any other that may stand in a value (5.5). */
export const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (/[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(byte))) return 1;
  return byte === TAB || (byte >= SPACE && byte !== 0x7f) ? 2 : 0;
});

/** Those of the framing headers that have this byte, of a token or 0, at this place of their name. */
export function namesWith(byte: number, at: number): number {
  // Letters that differ in this bit alone are one letter in both cases; no other token byte is taken for one.
  const letter = byte === 0 ? 0 : byte | 0x20;
  return (
    (LENGTH_NAME[at] === letter ? LENGTH : 0) |
    (CODING_NAME[at] === letter ? CODING : 0) |
    (CONNECTION_NAME[at] === letter ? CONNECTION : 0)
  );
}

export function appended(text: string, bytes: Uint8Array, start: number, end: number): string {
  let longer = text;
  for (let at = start; at < end && longer.length <= LONGEST_VALUE; at++) {
    longer += String.fromCharCode(bytes[at]!);
  }
  return longer;
}

/** Unlike `trim`, which takes bytes beyond ASCII for blanks. */
export function withoutBlanks(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** Not a Buffer: V8 is faster with one type of array. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
