// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type Server, type Socket, createServer } from 'node:net';
import { once } from 'node:events';
import { TLSSocket, createServer as createTlsServer } from 'node:tls';
import { after, before, test } from 'node:test';
import { closeByReset, connect } from '../../src/plugin/connect.js';
import { tlsFixture } from '../support/fixture.js';

const never = new AbortController().signal;
const accepted: Socket[] = [];
let server: Server;
let port: number;

before(async () => {
  server = createServer((socket) => {
    socket.on('error', () => {});
    accepted.push(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = portOf(server);
});

after(() => {
  for (const socket of accepted) socket.destroy();
  server.close();
});

test('connects, and a close by reset reaches the peer as a reset', async () => {
  const arrived = once(server, 'connection');
  const socket = await connect({ address: '127.0.0.1', port, signal: never });
  const [peer]: Socket[] = await arrived;
  assert.ok(peer);
  const localPort = socket.localPort;
  const broken = once(peer, 'error');
  peer.resume();
  closeByReset(socket);
  const [error] = await broken;
  assert.equal(error.code, 'ECONNRESET');
  assert.equal(lingering(localPort, port), false, 'nothing of the connection is left in the kernel');
});

test('a connection that the peer has ended is reset all the same', async () => {
  const ending = createServer((socket) => socket.on('error', () => {}).end('bye')).listen(0, '127.0.0.1');
  await once(ending, 'listening');
  for (const source of [null, 'lo']) {
    const socket = await connect({ address: '127.0.0.1', port: portOf(ending), source, signal: never });
    const localPort = socket.localPort;
    socket.resume();
    await once(socket, 'end');
    closeByReset(socket);
    await once(socket, 'close');
    assert.equal(lingering(localPort, portOf(ending)), false);
  }
  ending.close();
  await once(ending, 'close');
});

test('connects from the source address asked for', async () => {
  const socket = await connect({ address: '127.0.0.1', port, source: '127.0.0.77', signal: never });
  assert.equal(socket.localAddress, '127.0.0.77');
  closeByReset(socket);
});

test('a source address of another host is refused by the system', async () => {
  await assert.rejects(connect({ address: '127.0.0.1', port, source: '192.0.2.77', signal: never }), {
    code: 'EADDRNOTAVAIL',
  });
});

test('a missing interface is named', async () => {
  await assert.rejects(connect({ address: '127.0.0.1', port, source: 'nosuch0', signal: never }), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /^there is no interface nosuch0|CAP_NET_ADMIN|koffi|needs Linux/);
    return true;
  });
});

test('marks, or says in one sentence which right is missing', async () => {
  const marked = connect({ address: '127.0.0.1', port, source: '127.0.0.1', fwmark: 7, signal: never });
  await marked.then(closeByReset, (error: unknown) => {
    assert.ok(error instanceof Error && 'code' in error);
    assert.match(String(error.code), /^SLUICE_(PRIVILEGE|UNAVAILABLE)$/);
    assert.match(error.message, /CAP_NET_ADMIN|koffi|needs Linux/);
  });
});

test('a refused port rejects with ECONNREFUSED, also when the socket is prepared', async () => {
  const closed = await closedPort();
  await assert.rejects(connect({ address: '127.0.0.1', port: closed, signal: never }), {
    code: 'ECONNREFUSED',
  });
  await assert.rejects(connect({ address: '127.0.0.1', port: closed, source: 'lo', signal: never }), {
    code: /ECONNREFUSED|SLUICE_/,
  });
});

test('IPv6', async (t) => {
  const six = createServer((socket) => socket.on('error', () => {})).listen(0, '::1');
  try {
    await once(six, 'listening');
  } catch {
    t.skip('no IPv6 on this host');
    return;
  }
  for (const source of [null, '::1', 'lo']) {
    const socket = await connect({ address: '::1', port: portOf(six), source, signal: never });
    assert.equal(socket.remoteAddress, '::1');
    closeByReset(socket);
  }
  six.close();
});

test('an abort rejects at once with the reason and leaves no socket', async () => {
  await assert.rejects(connect({ address: '127.0.0.1', port, signal: AbortSignal.abort(new Error('no')) }), {
    message: 'no',
  });
  const controller = new AbortController();
  const silent = connect({ address: '127.0.0.1', port, tls: {}, signal: controller.signal });
  await once(server, 'connection');
  controller.abort(new Error('too late'));
  await assert.rejects(silent, { message: 'too late' });
});

test('TLS is verified for the address, and closed by reset as well', async () => {
  const secure = createTlsServer({ cert: tlsFixture('member.pem'), key: tlsFixture('member.key') });
  secure.on('tlsClientError', () => {});
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  const target = { address: '127.0.0.1', port: portOf(secure), signal: never };
  const arrived = once(secure, 'secureConnection');
  const socket = await connect({ ...target, tls: { ca: tlsFixture('ca.pem') } });
  assert.ok(socket instanceof TLSSocket && socket.authorized);
  const [peer]: TLSSocket[] = await arrived;
  assert.ok(peer);
  const localPort = socket.localPort;
  peer.on('error', () => {});
  peer.resume();
  closeByReset(socket);
  await once(peer, 'close');
  assert.equal(lingering(localPort, target.port), false);
  await assert.rejects(connect({ ...target, tls: {} }), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  secure.close();
});

function portOf(listening: Server): number {
  const address = listening.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

async function closedPort(): Promise<number> {
  const shortLived = createServer().listen(0, '127.0.0.1');
  await once(shortLived, 'listening');
  const free = portOf(shortLived);
  shortLived.close();
  await once(shortLived, 'close');
  return free;
}

/** Whether the kernel still knows a connection (TIME_WAIT or other) between these two ports. */
function lingering(localPort: number | undefined, remotePort: number): boolean {
  assert.ok(localPort);
  const [local, remote] = [localPort, remotePort].map((each) =>
    each.toString(16).toUpperCase().padStart(4, '0'),
  );
  return readFileSync('/proc/net/tcp', 'latin1').includes(`0100007F:${local} 0100007F:${remote} `);
}
