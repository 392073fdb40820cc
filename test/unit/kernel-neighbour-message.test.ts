// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MessageWriter, addressBytes, parseMessages } from '../../src/kernel/index.js';
import { readNeighbour, type Neighbour } from '../../src/kernel/neighbour-message.js';

interface Sample {
  readonly type?: number;
  readonly family?: number;
  readonly state?: number;
  readonly address?: string;
}

function read({ type = 28, family = 2, state = 0x20, address = '10.9.2.2' }: Sample): Neighbour | null {
  const writer = new MessageWriter();
  const start = writer.beginMessage(type, 0, 0);
  const header = Buffer.alloc(12);
  header[0] = family;
  header.writeInt32LE(7, 4);
  header.writeUInt16LE(state, 8);
  writer.raw(header);
  writer.data(1, addressBytes(address));
  writer.data(3, Buffer.alloc(16));
  writer.endMessage(start);
  const [message] = parseMessages(Buffer.from(writer.bytes()));
  return readNeighbour(message!);
}

describe('messages about neighbours', () => {
  it('tell address, device and state', () => {
    assert.deepEqual(read({}), { address: '10.9.2.2', device: 7, state: 'failed' });
    assert.deepEqual(read({ family: 10, address: 'fe80::2', state: 0x02 }), {
      address: 'fe80::2',
      device: 7,
      state: 'reachable',
    });
    for (const state of [0x02, 0x04, 0x08, 0x10, 0x40, 0x80])
      assert.equal(read({ state })!.state, 'reachable');
  });

  it('of states in between, of deletions and of bridges say nothing', () => {
    assert.equal(read({ state: 0x01 }), null);
    assert.equal(read({ state: 0 }), null);
    assert.equal(read({ type: 29 }), null);
    assert.equal(read({ family: 7 }), null);
    assert.equal(read({ family: 10 }), null, 'an IPv4 address under IPv6');
    assert.equal(
      readNeighbour({ type: 28, flags: 0, sequence: 0, portId: 0, payload: Buffer.alloc(8) }),
      null,
    );
  });
});
