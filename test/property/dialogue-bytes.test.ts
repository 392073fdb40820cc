// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeBytes, encodeBytes } from '../../plugins/dialogue/bytes.js';

test('bytes survive being written as text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.deepEqual(Uint8Array.from(decodeBytes(encodeBytes(bytes))), bytes);
    }),
  );
});

test('text without a percent sign stands for itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(decodeBytes(text.replaceAll('%', '%%')).toString(), text);
    }),
  );
});

test('a lone percent sign is refused with what to write instead', () => {
  for (const text of ['100%', '%0', '%zz', '%%%']) {
    assert.throws(() => decodeBytes(text), /write % and two hexadecimal digits, or %%/);
  }
});
