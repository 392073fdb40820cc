// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { parseText } from '../../../src/config/document.js';
import { isRecord } from '../../../src/is-record.js';
import { locate } from '../../../src/config/locate.js';
import type { Path } from '../../../src/config/problem.js';

const key = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/),
  fc.constantFrom('7', 'a b', '#', "it's", 'true', '<<', '"'),
);
const scalar = fc.oneof(fc.integer(), fc.boolean(), fc.stringMatching(/^[A-Za-z0-9 :#'"/.,[\]{}-]{1,40}$/));
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
  ),
}));
const root = fc.dictionary(key, tree, { minKeys: 1, maxKeys: 5, noNullPrototype: true });
const style = fc.constantFrom('block' as const, 'flow' as const);

function* leaves(value: unknown, path: Path = []): Generator<{ path: Path; value: unknown }> {
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* leaves(item, [...path, index]);
  else if (isRecord(value))
    for (const [name, item] of Object.entries(value)) yield* leaves(item, [...path, name]);
  else yield { path, value };
}

describe('places', () => {
  it('of every value and key hold exactly its text', () => {
    fc.assert(
      fc.property(root, style, fc.boolean(), (value, collectionStyle, quoted) => {
        const text = stringify(value, {
          collectionStyle,
          lineWidth: 0,
          blockQuote: false,
          ...(quoted ? { defaultKeyType: 'QUOTE_DOUBLE' } : {}),
        });
        const parsed = parseText('a.yaml', text);
        assert.deepEqual(parsed.diagnostics, []);
        assert.deepEqual(parsed.value, value);
        for (const leaf of leaves(value)) {
          const { place } = locate(parsed.source, leaf.path);
          assert.equal(place.source, text.split('\n')[place.line - 1]);
          const written = place.source.slice(place.column - 1, place.column - 1 + place.length);
          assert.deepEqual(parse(written), leaf.value);
          const name = leaf.path.at(-1);
          if (typeof name !== 'string') continue;
          const at = locate(parsed.source, leaf.path, 'key').place;
          const keyText = at.source.slice(at.column - 1, at.column - 1 + at.length);
          assert.equal(String(parse(keyText, { stringKeys: true, schema: 'failsafe' })), name);
        }
      }),
    );
  });

  it('of what is not there are those of the innermost part that is', () => {
    fc.assert(
      fc.property(root, (value) => {
        const parsed = parseText('a.yaml', stringify(value));
        for (const { path } of leaves(value)) {
          const inside = locate(parsed.source, [...path, 'nothing', 0]).place;
          assert.deepEqual(inside, locate(parsed.source, path, 'key').place);
        }
      }),
    );
  });
});
