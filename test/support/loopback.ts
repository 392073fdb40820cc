// SPDX-License-Identifier: MIT
/** Small peers on loopback for tests with real traffic; every one closes itself at the end of its test. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** A TCP server on a port of its own; `serve` gets each connection. */
export async function tcpServer(
  t: TestContext,
  serve: (socket: Socket) => void,
  host = '127.0.0.1',
): Promise<Peer & { readonly server: Server; readonly close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  t.after(close);
  return { address: host, port: portOf(server.address()), server, close };
}

/** Says `name` to everybody and hangs up. */
export function greeter(t: TestContext, name: string, host?: string): ReturnType<typeof tcpServer> {
  return tcpServer(t, (socket) => socket.resume().end(name), host);
}

/** A TCP client; reset at the end of the test if it is still there. */
export async function tcpClient(t: TestContext, { address, port }: Peer): Promise<Socket> {
  const socket = connect({ host: address, port, allowHalfOpen: true });
  t.after(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/**
 * All that is said until the other side ends; leaves this side's own direction open. Rejects when it ends by a
 * reset.
 */
export function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
    socket.once('end', () => resolve(Buffer.concat(chunks).toString()));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before its end')));
  });
}

/** Connects, reads to the end, closes. */
export async function ask(t: TestContext, peer: Peer): Promise<string> {
  const socket = await tcpClient(t, peer);
  socket.end();
  return readAll(socket);
}

/** A UDP socket on a port of its own. */
export async function udpSocket(
  t: TestContext,
  receive: (datagram: Buffer, from: Peer, socket: UdpSocket) => void,
  host = '127.0.0.1',
): Promise<Peer & { readonly socket: UdpSocket; readonly close: () => void }> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (datagram, from) => receive(datagram, from, socket));
  socket.on('error', () => undefined);
  socket.bind(0, host);
  await once(socket, 'listening');
  let open = true;
  const close = (): void => {
    if (open) socket.close();
    open = false;
  };
  t.after(close);
  return { address: host, port: socket.address().port, socket, close };
}

/** A port that nobody listens on. */
export async function freePort(host = '127.0.0.1', protocol: 'tcp' | 'udp' = 'tcp'): Promise<number> {
  if (protocol === 'udp') {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4').bind(0, host);
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    await once(socket, 'close');
    return port;
  }
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const port = portOf(server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until `condition` holds; fails the test after `withinMs`. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}
