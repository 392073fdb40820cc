// SPDX-License-Identifier: MIT
/** Real members on loopback, for tests of checks. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type RequestListener, createServer as createHttpServer } from 'node:http';
import { type Server, type Socket, createServer } from 'node:net';
import { type TlsOptions, createServer as createTlsServer } from 'node:tls';
import type { ServedMember } from '../../src/testing/check-kit.js';
import { tlsFixture } from './fixture.js';

export interface Served extends ServedMember {
  close(): Promise<void>;
}

/** A TCP server that hands each connection to `serve`; errors of connections are the client's business. */
export async function serveTcp(serve: (socket: Socket) => void, host = '127.0.0.1'): Promise<Served> {
  return listening(
    createServer({ noDelay: true }, (socket) => {
      socket.on('error', () => {});
      serve(socket);
    }),
    host,
  );
}

/** As {@link serveTcp}, over TLS with a certificate of test/fixtures/tls. */
export async function serveTls(
  serve: (socket: Socket) => void,
  certificate = 'member',
  options: TlsOptions = {},
): Promise<Served> {
  const server = createTlsServer(
    { cert: tlsFixture(`${certificate}.pem`), key: tlsFixture(`${certificate}.key`), ...options },
    (socket) => {
      socket.on('error', () => {});
      serve(socket);
    },
  );
  server.on('tlsClientError', () => {});
  return listening(server, '127.0.0.1');
}

export async function serveHttp(listener: RequestListener, host = '127.0.0.1'): Promise<Served> {
  return listening(createHttpServer({ keepAliveTimeout: 60_000 }, listener), host);
}

async function listening(server: Server, host: string): Promise<Served> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    address: host,
    port: address.port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A UDP server that answers each datagram with what `answer` returns; null: not at all. */
export async function serveUdp(
  answer: (datagram: Buffer) => Buffer | string | null,
  host = '127.0.0.1',
): Promise<Served> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (datagram, { address, port }) => {
    const reply = answer(datagram);
    if (reply !== null) socket.send(reply, port, address);
  });
  socket.bind(0, host);
  await once(socket, 'listening');
  return {
    address: host,
    port: socket.address().port,
    protocol: 'udp',
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** A port of the protocol that refuses. */
export async function refusing(protocol: 'tcp' | 'udp' = 'tcp', host = '127.0.0.1'): Promise<Served> {
  const served = protocol === 'tcp' ? await serveTcp(() => {}, host) : await serveUdp(() => null, host);
  await served.close();
  return { ...served, close: () => Promise.resolve() };
}

/** Runs `use` on a member, and closes it. */
export async function on(served: Promise<Served>, use: (member: Served) => Promise<void>): Promise<void> {
  const member = await served;
  try {
    await use(member);
  } finally {
    await member.close();
  }
}
