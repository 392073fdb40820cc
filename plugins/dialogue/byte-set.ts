// SPDX-License-Identifier: MIT
import { DialogueSyntaxError, type Token } from './bytes.js';

/** 256 flags: 1 for each byte that belongs. */
export type ByteSet = Uint8Array;

export function byteSet(bytes: Iterable<number>): ByteSet {
  const set = new Uint8Array(256);
  for (const byte of bytes) set[byte] = 1;
  return set;
}

export function anyByte(): ByteSet {
  return new Uint8Array(256).fill(1);
}

/** POSIX's classes in the C locale. */
const CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t\n\v\f\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

/**
 * Reads the bracket expression whose `[` is at `start`; `end` is the place of its `]`. As in fnmatch(3): `!`
 * or `^` first turns it round, a `]` first is itself, `a-z` is a range, `[:digit:]` a class.
 */
export function readBracket(
  all: readonly Token[],
  start: number,
): { readonly set: ByteSet; readonly end: number } {
  const set = new Uint8Array(256);
  let at = start + 1;
  const inverted = is(all[at], '!') || is(all[at], '^');
  if (inverted) at++;
  for (let first = true; ; first = false) {
    if (all[at] === undefined) {
      throw new DialogueSyntaxError('a "[" without its "]": write \\[ for the character itself');
    }
    if (is(all[at], ']') && !first) break;
    const named = readClass(all, at);
    if (named !== null) {
      for (let byte = 0; byte < 256; byte++) {
        if (named.members.test(String.fromCodePoint(byte))) set[byte] = 1;
      }
      at = named.end;
      continue;
    }
    const low = readByte(all, at);
    at = low.end;
    let high = low.byte;
    if (is(all[at], '-') && all[at + 1] !== undefined && !is(all[at + 1], ']')) {
      const upper = readByte(all, at + 1);
      high = upper.byte;
      at = upper.end;
      if (high < low.byte) throw new DialogueSyntaxError('a range in "[…]" runs backwards');
    }
    set.fill(1, low.byte, high + 1);
  }
  return { set: inverted ? set.map((flag) => 1 - flag) : set, end: at };
}

function readClass(all: readonly Token[], at: number): { members: RegExp; end: number } | null {
  if (!is(all[at], '[') || !is(all[at + 1], ':')) return null;
  let name = '';
  let end = at + 2;
  for (; all[end] !== undefined && !is(all[end], ':'); end++) {
    const token = all[end];
    name += token !== undefined && 'character' in token ? token.character : '?';
  }
  if (!is(all[end + 1], ']')) return null;
  const members = CLASSES[name];
  if (members === undefined) {
    throw new DialogueSyntaxError(
      `"[:${name}:]" is no class; the classes are ${Object.keys(CLASSES).join(', ')}`,
    );
  }
  return { members, end: end + 2 };
}

function readByte(all: readonly Token[], start: number): { byte: number; end: number } {
  const at = is(all[start], '\\') && all[start + 1] !== undefined ? start + 1 : start;
  const token = all[at];
  if (token === undefined) throw new DialogueSyntaxError('a "[" without its "]"');
  if ('byte' in token) return { byte: token.byte, end: at + 1 };
  const code = token.character.codePointAt(0) ?? 0;
  if (code > 0x7f) {
    throw new DialogueSyntaxError(`"${token.character}" is more than one byte and can't stand in "[…]"`);
  }
  return { byte: code, end: at + 1 };
}

function is(token: Token | undefined, character: string): boolean {
  return token !== undefined && 'character' in token && token.character === character;
}
