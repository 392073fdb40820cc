// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  MessageWriter,
  addressBytes,
  addressText,
  attributeList,
  attributes,
  cmp,
  commentOf,
  commentUserdata,
  numberOf,
  parseMessages,
  register,
  textOf,
  writeExpressions,
} from '../../src/kernel/index.js';

describe('netlink messages', () => {
  it('are read as they were written', () => {
    const writer = new MessageWriter(16);
    const first = writer.beginMessage(0x0a0c, 5, 77);
    writer.raw(Uint8Array.of(2, 0, 0, 10));
    writer.string(1, 'sluice');
    writer.nest(2, () => {
      writer.u8(1, 9);
      writer.u16be(2, 0x1234);
      writer.u32be(3, -4);
      writer.u64be(4, 5n);
    });
    writer.data(3, Uint8Array.of(1, 2, 3, 4, 5));
    writer.endMessage(first);
    const second = writer.beginMessage(3, 2, 78);
    writer.addFlags(second, 4);
    writer.endMessage(second);

    const [one, two, ...rest] = [...parseMessages(writer.bytes())];
    assert.equal(rest.length, 0);
    assert.deepEqual([one!.type, one!.flags, one!.sequence, one!.portId], [0x0a0c, 5, 77, 0]);
    assert.deepEqual([two!.type, two!.flags, two!.sequence, two!.payload.length], [3, 6, 78, 0]);
    const fields = attributes(one!.payload.subarray(4));
    assert.equal(textOf(fields.get(1)), 'sluice');
    assert.deepEqual([...fields.get(3)!], [1, 2, 3, 4, 5]);
    const nested = attributes(fields.get(2));
    assert.equal(numberOf(nested.get(1)), 9);
    assert.equal(numberOf(nested.get(2)), 0x1234);
    assert.equal(numberOf(nested.get(3))! | 0, -4);
    assert.equal(nested.get(4)!.readBigUInt64BE(), 5n);
    assert.deepEqual(
      attributeList(one!.payload.subarray(4)).map(({ type, nested }) => [type, nested]),
      [
        [1, false],
        [2, true],
        [3, false],
      ],
    );
  });

  it('hold no more than a nest can', () => {
    const writer = new MessageWriter();
    const nest = writer.beginNest(1);
    writer.data(1, new Uint8Array(70_000));
    assert.throws(() => writer.endNest(nest), RangeError);
    writer.truncate(0);
    assert.equal(writer.length, 0);
  });

  it('of any bytes are read without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const data = Buffer.from(bytes);
        for (const { payload } of parseMessages(data)) attributes(payload);
        attributeList(data);
        commentOf(data);
        textOf(data);
        numberOf(data);
      }),
    );
  });
});

describe('nf_tables expressions', () => {
  it('use the registers by the numbers that the kernel lists', () => {
    assert.deepEqual([0, 1, 3, 4, 8, 11, 15].map(register), [1, 9, 11, 2, 3, 19, 23]);
  });

  it('are lists of a name and its data', () => {
    const writer = new MessageWriter();
    writeExpressions(writer, [cmp(register(0), '>=', Uint8Array.of(6))]);
    const [item] = attributeList(writer.bytes());
    const fields = attributes(item!.data);
    assert.equal(textOf(fields.get(1)), 'cmp');
    const data = attributes(fields.get(2));
    assert.deepEqual([numberOf(data.get(1)), numberOf(data.get(2))], [1, 5]);
    assert.deepEqual([...attributes(data.get(3)).get(1)!], [6]);
  });
});

describe('comments in user data', () => {
  it('are read as they were written', () => {
    assert.equal(commentOf(Buffer.from(commentUserdata('sluice shape 1'))), 'sluice shape 1');
    assert.equal(commentOf(undefined), undefined);
    assert.throws(() => commentUserdata('x'.repeat(128)), RangeError);
  });
});

describe('addresses as bytes', () => {
  it('have the canonical text', () => {
    assert.deepEqual([...addressBytes('192.0.2.10')], [192, 0, 2, 10]);
    assert.equal(addressText(addressBytes('2001:DB8:0:0:1::0')), '2001:db8:0:0:1::');
    assert.equal(addressText(addressBytes('::')), '::');
    assert.equal(addressText(addressBytes('::1')), '::1');
    assert.equal(addressText(addressBytes('::ffff:1.2.3.4')), '::ffff:1.2.3.4');
    for (const wrong of ['1.2.3', '1.2.3.256', '1:2', '1:2:3:4:5:6:7:8:9', 'g::', '']) {
      assert.throws(() => addressBytes(wrong), RangeError, wrong);
    }
    assert.throws(() => addressText(new Uint8Array(5)), RangeError);
  });

  it('go there and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        assert.deepEqual([...addressBytes(addressText(bytes))], [...bytes]);
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const canonical = addressText(addressBytes(text));
        assert.equal(addressText(addressBytes(canonical)), canonical);
      }),
    );
  });
});
