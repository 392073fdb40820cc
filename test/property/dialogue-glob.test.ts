// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileGlob } from '../../plugins/dialogue/glob.js';
import { HOPELESS, holds } from '../../plugins/dialogue/pattern.js';

/** A piece of a glob: its text, and the bytes it stands for; null: any number of any bytes. */
interface Piece {
  readonly text: string;
  readonly fits: ((byte: number) => boolean) | null;
}

const a = 0x61;
const piece: fc.Arbitrary<Piece> = fc.constantFrom<Piece>(
  { text: '*', fits: null },
  { text: '?', fits: () => true },
  { text: 'a', fits: (byte) => byte === a },
  { text: 'b', fits: (byte) => byte === a + 1 },
  { text: '%00', fits: (byte) => byte === 0 },
  { text: '%2A', fits: (byte) => byte === 0x2a },
  { text: '\\*', fits: (byte) => byte === 0x2a },
  { text: '[ab]', fits: (byte) => byte === a || byte === a + 1 },
  { text: '[!a]', fits: (byte) => byte !== a },
  { text: '[[:lower:]]', fits: (byte) => byte >= a && byte <= a + 25 },
);
const bytes = fc.array(fc.constantFrom(0, 0x2a, a, a + 1, 0xff), { maxLength: 60 });

/** The definition of matching, by trying everything. */
function naive(pieces: readonly Piece[], input: readonly number[], start: boolean, end: boolean): boolean {
  const fitsAt = (index: number, at: number): boolean => {
    const next = pieces[index];
    if (next === undefined) return !end || at === input.length;
    if (next.fits === null) {
      for (let skip = at; skip <= input.length; skip++) if (fitsAt(index + 1, skip)) return true;
      return false;
    }
    const byte = input[at];
    return byte !== undefined && next.fits(byte) && fitsAt(index + 1, at + 1);
  };
  const last = start ? 0 : input.length;
  for (let at = 0; at <= last; at++) if (fitsAt(0, at)) return true;
  return false;
}

test('a glob finds exactly what trying everything finds', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 8 }),
      bytes,
      fc.boolean(),
      fc.boolean(),
      (pieces, input, start, end) => {
        const text = `${start ? '^' : ''}${pieces.map((each) => each.text).join('')}${end ? '$' : ''}`;
        const expected = naive(pieces, input, start, end);
        assert.equal(holds(compileGlob(text), Uint8Array.from(input)), expected, text);
      },
    ),
    { numRuns: 5_000 },
  );
});

test('the match found is the shortest, however the bytes arrive', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 6 }),
      bytes,
      fc.boolean(),
      fc.integer({ min: 1, max: 7 }),
      (pieces, input, start, size) => {
        const pattern = compileGlob(`${start ? '^' : ''}${pieces.map((each) => each.text).join('')}`);
        const search = pattern.search();
        let end = -1;
        for (let at = 0; at < input.length && end < 0 && end !== HOPELESS; at += size) {
          end = search.feed(Uint8Array.from(input.slice(at, at + size)));
        }
        if (end < 0) {
          // Nothing matches, but for what matches nothing at all.
          assert.ok(!naive(pieces, input, start, false) || input.length === 0);
          return;
        }
        assert.ok(naive(pieces, input.slice(0, end), start, false));
        if (end > 1) assert.ok(!naive(pieces, input.slice(0, end - 1), start, false));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('no glob is slow', () => {
  const pattern = compileGlob(`${'*a'.repeat(200)}*b$`);
  const input = Buffer.alloc(65_536, 'a');
  const startMs = performance.now();
  assert.equal(holds(pattern, input), false);
  assert.ok(performance.now() - startMs < 1_000);
});
