// SPDX-License-Identifier: MIT
/** Many datagrams by one call, and filters on sockets, on loopback and without any right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  AF_INET,
  AF_INET6,
  MessageVector,
  SOCKET_ADDRESS,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  addressText,
  attachFilter,
  byteAtIndex,
  filterProgram,
  halfAt,
  indexPastIpHeader,
  loadLibc,
  mustBe,
  mustHaveBit,
  readSocketAddress,
  socketAddress,
} from '../../src/kernel/index.js';
import { needs } from '../needs.js';

const UDP_HEADER_BYTES = 8;

/** A UDP socket on loopback. */
function udp(family: 4 | 6 = 4) {
  const libc = loadLibc();
  const fd = libc.socket(family === 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  libc.bind(fd, socketAddress(family, family === 4 ? '127.0.0.1' : '::1', 0));
  const { port, address } = readSocketAddress(family, libc.getsockname(fd));
  return { fd, port, address, [Symbol.dispose]: () => libc.close(fd) };
}

test('messages go out and come in by the batch, in order, with their peers', needs('koffi'), () => {
  for (const family of [4, 6] as const) {
    using from = udp(family);
    using to = udp(family);
    const { bytes } = SOCKET_ADDRESS[family];
    const out = new MessageVector({ places: 8, dataBytes: 4, nameBytes: bytes });
    for (let place = 0; place < 8; place += 1) {
      out.data.writeUInt32BE(0x1000 + place, place * 4);
      out.names.set(socketAddress(family, addressText(to.address), to.port), place * bytes);
    }
    assert.equal(out.send(from.fd, 0, 8), 8);
    assert.equal(out.send(from.fd, 6, 8), 2);
    const incoming = new MessageVector({ places: 6, dataBytes: 16, nameBytes: bytes });
    const seen: number[] = [];
    for (let count = incoming.receive(to.fd); count > 0; count = incoming.receive(to.fd)) {
      for (let place = 0; place < count; place += 1) {
        assert.equal(incoming.lengthOf(place), 4);
        seen.push(incoming.data.readUInt32BE(place * 16));
        const name = incoming.names.subarray(place * bytes, (place + 1) * bytes);
        assert.deepEqual(readSocketAddress(family, name), { address: from.address, port: from.port });
      }
    }
    assert.deepEqual(
      seen,
      [0, 1, 2, 3, 4, 5, 6, 7, 6, 7].map((place) => 0x1000 + place),
    );
    assert.equal(incoming.receive(to.fd), 0);
  }
});

test('a message that the system refuses throws, those before it are counted', needs('koffi'), () => {
  using from = udp();
  using to = udp();
  const out = new MessageVector({ places: 2, dataBytes: 4, nameBytes: 16 });
  out.names.set(socketAddress(4, addressText(to.address), to.port), 0);
  // Broadcast without asking for it.
  out.names.set(socketAddress(4, '255.255.255.255', to.port), 16);
  assert.equal(out.send(from.fd, 0, 2), 1);
  assert.throws(() => out.send(from.fd, 1, 2), { syscall: 'sendmmsg' });
});

test('what the headers point to outlives the collector', needs('koffi'), () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  using from = udp();
  using to = udp();
  const out = new MessageVector({ places: 1, dataBytes: 4, nameBytes: 16 });
  const incoming = new MessageVector({ places: 1, dataBytes: 4, nameBytes: 16 });
  out.names.set(socketAddress(4, addressText(to.address), to.port), 0);
  for (let round = 0; round < 50; round += 1) {
    const litter = Array.from({ length: 200 }, (_, index) => Buffer.alloc(index, 0xff));
    collect();
    out.data.writeUInt32BE(round, 0);
    assert.equal(out.send(from.fd, 0, 1), 1);
    assert.equal(incoming.receive(to.fd), 1);
    assert.equal(incoming.data.readUInt32BE(0), round);
    assert.equal(litter.length, 200);
  }
});

test('a filter is what tcpdump would make of it', () => {
  // ldxb 4*([0]&0xf); ldh [x + 2]; jeq #0xea60 or to the end; ldb [x + 13]; jset #0x6 or to the end; ret #64; ret #0
  const program = filterProgram(
    [indexPastIpHeader(0), { ...halfAt(2), code: 0x48 }, mustBe(60_000), byteAtIndex(13), mustHaveBit(6)],
    64,
  );
  const view = new DataView(program.buffer);
  const steps = Array.from({ length: program.length / 8 }, (_, index) => [
    new Uint16Array(program.buffer, index * 8, 1)[0],
    view.getUint8(index * 8 + 2),
    view.getUint8(index * 8 + 3),
    new Uint32Array(program.buffer, index * 8 + 4, 1)[0],
  ]);
  assert.deepEqual(steps, [
    [0xb1, 0, 0, 0],
    [0x48, 0, 0, 2],
    [0x15, 0, 3, 60_000],
    [0x50, 0, 0, 13],
    [0x45, 0, 1, 6],
    [0x06, 0, 0, 64],
    [0x06, 0, 0, 0],
  ]);
});

test('a filtered socket takes what the filter takes, and no more of it', needs('koffi'), () => {
  const libc = loadLibc();
  using from = udp();
  using to = udp();
  attachFilter(to.fd, filterProgram([halfAt(UDP_HEADER_BYTES), mustBe(0x4f4b)], UDP_HEADER_BYTES + 3));
  libc.connect(from.fd, socketAddress(4, addressText(to.address), to.port));
  for (const text of ['NO way', 'OK then', 'O']) libc.send(from.fd, Buffer.from(text));
  const buffer = Buffer.alloc(64);
  const length = libc.recv(to.fd, buffer);
  assert.equal(buffer.toString('latin1', 0, length), 'OK ');
  assert.equal(libc.recv(to.fd, buffer), -1);
});

test('socket addresses are written as the system writes them', needs('koffi'), () => {
  using socket = udp(6);
  const written = Buffer.from(socketAddress(6, '::1', socket.port));
  assert.deepEqual(loadLibc().getsockname(socket.fd), written);
  assert.equal(addressText(readSocketAddress(6, written).address), '::1');
});
