// SPDX-License-Identifier: MIT
/** Runs inside a host of the lab: serves under the host's name, and plays its clients. See `Host`. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { AskOptions, Methods, Request, Response, ServeOptions } from './agent-protocol.js';
import { Load } from './load.js';

const name = process.argv[2] ?? '?';
const servers = new Map<string, { close(reset: boolean): Promise<void> }>();
const loads: Load[] = [];

const methods: Methods = {
  async serve(options) {
    servers.set(
      keyOf(options),
      await (options.kind === 'udp' ? serveUdp(options) : serveStream(streamServer(options), options.port)),
    );
  },
  async unserve(options, reset) {
    await servers.get(keyOf(options))?.close(reset);
    servers.delete(keyOf(options));
  },
  start: (options) => Promise.resolve(loads.push(new Load(options)) - 1),
  report: (load) => Promise.resolve(loads[load]!.report()),
  finish: (load) => loads[load]!.finish(),
  ask: (options: AskOptions) => new Load(options).all(),
};

function keyOf(options: ServeOptions): string {
  return `${options.kind === 'udp' ? 'udp' : 'tcp'} ${options.port}`;
}

function streamServer(options: ServeOptions): Server {
  if (options.kind === 'http') {
    return createHttpServer((_, response) => {
      response.writeHead(options.status ?? 200).end(`${name}\n`);
    });
  }
  return createServer((socket) => {
    socket.on('data', (data) => {
      const lines = data.toString().split('\n').length - 1;
      socket.write(`${name}\n`.repeat(lines));
    });
  });
}

async function serveStream(server: Server, port: number) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // Clients of the lab end their connections by reset.
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, '::');
  await once(server, 'listening');
  return {
    async close(reset: boolean) {
      const closed = once(server, 'close');
      server.close();
      if (!reset) return;
      for (const socket of sockets) socket.resetAndDestroy();
      await closed;
    },
  };
}

async function serveUdp(options: ServeOptions) {
  const socket = createSocket('udp6');
  socket.on('message', (_, peer) => socket.send(`${name}\n`, peer.port, peer.address));
  socket.bind(options.port, '::');
  await once(socket, 'listening');
  return {
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

process.on('message', (request: Request) => {
  const method = methods[request.method] as (...params: readonly unknown[]) => Promise<unknown>;
  method(...request.params).then(
    (result) => answer({ id: request.id, result }),
    (error: unknown) => answer({ id: request.id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

function answer(response: Response): void {
  process.send?.(response);
}
