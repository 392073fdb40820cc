// SPDX-License-Identifier: MIT
/**
 * The process behind `Members`. It does as little as it can: `tcp` accepts and ends each connection, `http` answers
 * each request with 200, `tls` does the handshake with a certificate of test/fixtures/tls, `hello` says its address
 * and port to each connection.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { tlsFixture } from '../../test/support/fixture.js';

export type MemberKind = 'tcp' | 'http' | 'tls' | 'hello';

export interface Listen {
  /** `0.0.0.0` for every address. */
  readonly address: string;
  readonly port: number;
}

export interface MemberOrder {
  readonly id: number;
  readonly open?: readonly Listen[];
  readonly close?: readonly Listen[];
}

export interface MemberCounts {
  /** Connections accepted; a half-open check makes none. */
  readonly connections: number;
  /** HTTP requests answered, or TLS handshakes done. */
  readonly served: number;
  /** TLS handshakes that resumed an earlier session. */
  readonly resumed: number;
}

const counts = { connections: 0, served: 0, resumed: 0 };
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const LAST_ANSWER = ANSWER.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

/** Requests without a body, each read from one or more pieces. */
function answerHttp(socket: Socket): void {
  let text = '';
  socket.setNoDelay(true);
  socket.on('data', (piece) => {
    text += piece.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      counts.served += 1;
      if (/^connection: *close/im.test(head) || /HTTP\/1\.0$/m.test(head.split('\r\n')[0]!))
        socket.end(LAST_ANSWER);
      else socket.write(ANSWER);
    }
  });
  socket.on('end', () => socket.end());
}

function countHandshake(socket: TLSSocket): void {
  counts.served += 1;
  if (socket.isSessionReused()) counts.resumed += 1;
  socket.resume();
}

function makeServer(kind: MemberKind): Server {
  if (kind === 'tls') {
    const server = createTlsServer(
      { cert: tlsFixture('member.pem'), key: tlsFixture('member.key') },
      countHandshake,
    );
    return server.on('tlsClientError', () => {});
  }
  return createServer({ allowHalfOpen: kind === 'http' }, (socket) => {
    if (kind === 'http') answerHttp(socket);
    else if (kind === 'hello') socket.end(`${socket.localAddress}:${socket.localPort}\n`);
    else socket.destroy();
  });
}

const kind = process.argv[2] as MemberKind;
const servers = new Map<string, { server: Server; sockets: Set<Socket> }>();

async function open({ address, port }: Listen): Promise<void> {
  const sockets = new Set<Socket>();
  const server = makeServer(kind);
  server.on('connection', (socket: Socket) => {
    counts.connections += 1;
    sockets.add(socket);
    // Checks and clients may end by reset.
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', (socket: TLSSocket) => socket.on('error', () => {}));
  server.listen({ host: address, port, backlog: 4096 });
  await once(server, 'listening');
  servers.set(`${address}:${port}`, { server, sockets });
}

async function close({ address, port }: Listen): Promise<void> {
  const key = `${address}:${port}`;
  const { server, sockets } = servers.get(key)!;
  servers.delete(key);
  const closed = once(server, 'close');
  server.close();
  for (const socket of sockets) socket.resetAndDestroy();
  await closed;
}

process.on('message', ({ id, open: opened = [], close: closed = [] }: MemberOrder) => {
  Promise.all([...opened.map(open), ...closed.map(close)]).then(
    () => process.send?.({ id, counts }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
