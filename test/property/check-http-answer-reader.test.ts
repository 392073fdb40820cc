// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Client } from 'undici';
import { AnswerReader, type Expectation } from '../../plugins/check-http/answer-reader.js';
import { ask } from '../../plugins/check-http/ask.js';
import { MOST_HEADER_BYTES } from '../../plugins/check-http/limits.js';
import { answer, spoiled } from '../support/http-answers.js';
import { on, serveTcp } from '../support/servers.js';

const expectation: fc.Arbitrary<Expectation> = fc.record({
  method: fc.constantFrom('GET', 'HEAD'),
  maxBody: fc.constantFrom(0, 5, 1000),
  reuse: fc.boolean(),
});

/** What the reader says of the bytes in these pieces, and of the end after them. */
function read(pieces: readonly Uint8Array[], expected: Expectation): string {
  const reader = new AnswerReader(expected);
  let says = 'more';
  for (const piece of pieces) {
    says = reader.feed(piece);
    if (says !== 'more') break;
  }
  if (says === 'more') says = reader.end();
  if (says !== 'answer') return says;
  return `${reader.answer.status} ${reader.answer.body.toString('hex')}`;
}

function split(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [
    0,
    ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ];
  return cuts.slice(1).map((cut, index) => bytes.slice(cuts[index], cut));
}

/** The same answer from undici, as the portable path asks it. */
async function ofUndici(bytes: Uint8Array, expected: Expectation): Promise<string> {
  let said = '';
  await on(
    serveTcp((socket) => socket.once('data', () => socket.end(bytes))),
    async ({ port }) => {
      const client = new Client(`http://127.0.0.1:${port}`, { maxHeaderSize: MOST_HEADER_BYTES });
      try {
        const got = await ask(client, {
          request: { method: expected.method, path: '/', headers: {} },
          maxBody: expected.maxBody,
          reuse: expected.reuse,
          signal: AbortSignal.timeout(5_000),
          transcript: { sent() {}, received() {}, note() {}, details: () => undefined },
        });
        said = `${got.status} ${got.body.toString('hex')}`;
      } catch (error) {
        said = String(error);
      }
      await client.destroy();
    },
  );
  return said;
}

test('how the bytes are split makes no difference', () => {
  fc.assert(
    fc.property(
      fc.oneof(answer, spoiled),
      expectation,
      fc.array(fc.nat(), { maxLength: 8 }),
      (whole, expected, places) => {
        const bytes = Buffer.from(whole, 'latin1');
        assert.equal(read(split(bytes, places), expected), read([bytes], expected), JSON.stringify(whole));
      },
    ),
    { numRuns: 5_000 },
  );
});

test('of an answer by the book it says what undici says', () =>
  fc.assert(
    fc.asyncProperty(answer, expectation, async (whole, expected) => {
      const bytes = Buffer.from(whole, 'latin1');
      assert.equal(read([bytes], expected), await ofUndici(bytes, expected), JSON.stringify(whole));
    }),
    { numRuns: 300 },
  ));

test('of a spoiled answer it says what undici says, or nothing', () =>
  fc.assert(
    fc.asyncProperty(spoiled, expectation, async (whole, expected) => {
      const bytes = Buffer.from(whole, 'latin1');
      const said = read([bytes], expected);
      if (said !== 'odd') assert.equal(said, await ofUndici(bytes, expected), JSON.stringify(whole));
    }),
    { numRuns: 600 },
  ));
