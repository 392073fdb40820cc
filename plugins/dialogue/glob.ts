// SPDX-License-Identifier: MIT
/**
 * Globs in the manner of fnmatch(3) over bytes: `*`, `?`, `[a-z]`, `[!a-z]`, `[[:digit:]]`, `\` before a
 * literal, and `%HH` for a byte that means nothing but itself. A glob is found anywhere unless `^` begins or
 * `$` ends it. Between two `*` all is of fixed length, so each such part is searched for with one bit per
 * position (the shift-and method): every byte is looked at once, and no input can make it slow.
 */
import { DialogueSyntaxError, type Token, tokens } from './bytes.js';
import { type ByteSet, anyByte, byteSet, readBracket } from './byte-set.js';
import { HOPELESS, MISSING, type Pattern, type Search } from './pattern.js';

/** Longest glob; bounds the work a byte can cause. */
const LONGEST = 1024;

interface Glob {
  /** What stands between the `*`s; none at all for `*` itself. */
  readonly parts: readonly Part[];
  /** The first part must begin with the first byte. */
  readonly pinnedStart: boolean;
  /** The last part must end with the last byte. */
  readonly pinnedEnd: boolean;
}

interface Part {
  readonly length: number;
  /** For each byte the positions it fits, one bit each, in words of 32. */
  readonly masks: readonly Uint32Array[];
}

/** Compiles a glob. Throws {@link DialogueSyntaxError}. */
export function compileGlob(text: string): Pattern {
  const glob = parseGlob(text);
  return { text, search: () => new GlobSearch(glob) };
}

function parseGlob(text: string): Glob {
  const all = [...tokens(text)];
  if (all.length > LONGEST) throw new DialogueSyntaxError(`a glob has at most ${LONGEST} characters`);
  const anchoredStart = isMeta(all[0], '^');
  const anchoredEnd = endsInAnchor(all);
  const body = all.slice(anchoredStart ? 1 : 0, anchoredEnd ? -1 : undefined);
  const runs: ByteSet[][] = [[]];
  for (let at = 0; at < body.length; at++) {
    const token = body[at];
    if (token === undefined) break;
    const run = runs.at(-1) ?? [];
    if (isMeta(token, '*')) runs.push([]);
    else if (isMeta(token, '?')) run.push(anyByte());
    else if (isMeta(token, '[')) {
      const bracket = readBracket(body, at);
      run.push(bracket.set);
      at = bracket.end;
    } else if (isMeta(token, '\\')) {
      at++;
      const escaped = body[at];
      if (escaped === undefined) throw new DialogueSyntaxError('a glob must not end in a backslash');
      run.push(...literal(escaped));
    } else run.push(...literal(token));
  }
  const parts = runs.filter((run) => run.length > 0).map(compilePart);
  if (parts.length === 0 && runs.length === 1) throw new DialogueSyntaxError('a glob must not be empty');
  return {
    parts,
    pinnedStart: anchoredStart && runs[0]!.length > 0,
    pinnedEnd: anchoredEnd && runs.at(-1)!.length > 0,
  };
}

function isMeta(token: Token | undefined, character: string): boolean {
  return token !== undefined && 'character' in token && token.character === character;
}

/** Whether the last character is a `$` that no backslash takes its meaning from. */
function endsInAnchor(all: readonly Token[]): boolean {
  if (!isMeta(all.at(-1), '$')) return false;
  let backslashes = 0;
  while (isMeta(all.at(-2 - backslashes), '\\')) backslashes++;
  return backslashes % 2 === 0;
}

function literal(token: Token): ByteSet[] {
  const bytes = 'byte' in token ? [token.byte] : [...Buffer.from(token.character)];
  return bytes.map((byte) => byteSet([byte]));
}

function compilePart(sets: readonly ByteSet[]): Part {
  const words = Math.ceil(sets.length / 32);
  const masks = Array.from({ length: 256 }, (_, byte) => {
    const mask = new Uint32Array(words);
    for (const [position, set] of sets.entries()) {
      if (set[byte] === 1) mask[position >>> 5]! |= 1 << (position & 31);
    }
    return mask;
  });
  return { length: sets.length, masks };
}

/** Finds the parts one after the other, each at its first place: so the end found is the earliest. */
class GlobSearch implements Search {
  readonly #glob: Glob;
  #fed = 0;
  #part = 0;
  /** Bit n: the last n + 1 bytes fit the first n + 1 positions of the part. */
  #state = new Uint32Array(0);

  constructor(glob: Glob) {
    this.#glob = glob;
    this.#enter(0);
  }

  feed(chunk: Uint8Array): number {
    const { parts, pinnedStart, pinnedEnd } = this.#glob;
    if (parts.length === 0) {
      this.#fed += chunk.length;
      return Math.min(1, this.#fed);
    }
    let found = false;
    for (const byte of chunk) {
      const pinned = pinnedStart && this.#part === 0;
      found = this.#step(byte, !pinned || this.#fed === 0);
      this.#fed++;
      if (found && this.#part < parts.length - 1) {
        this.#enter(this.#part + 1);
        found = false;
      } else if (found && !pinnedEnd) {
        return this.#fed;
      } else if (pinned && this.#state.every((word) => word === 0)) {
        return HOPELESS;
      }
    }
    return found ? this.#fed : MISSING;
  }

  #enter(part: number): void {
    this.#part = part;
    this.#state = new Uint32Array(Math.ceil((this.#glob.parts[part]?.length ?? 0) / 32));
  }

  /** Takes one byte; true: the part ends with it. */
  #step(byte: number, mayBegin: boolean): boolean {
    const part = this.#glob.parts[this.#part]!;
    const mask = part.masks[byte]!;
    const state = this.#state;
    let carry = mayBegin ? 1 : 0;
    for (let word = 0; word < state.length; word++) {
      const bits = state[word]!;
      state[word] = ((bits << 1) | carry) & mask[word]!;
      carry = bits >>> 31;
    }
    const last = part.length - 1;
    return (state[last >>> 5]! & (1 << (last & 31))) !== 0;
  }
}
