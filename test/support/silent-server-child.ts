// SPDX-License-Identifier: MIT
/** Listens on a port of loopback, says which, and then holds its event loop for good. */
import { once } from 'node:events';
import { createServer } from 'node:net';

const server = createServer().listen({ host: '127.0.0.1', port: 0, backlog: Number(process.argv[2]) });
await once(server, 'listening');
const address = server.address();
if (typeof address === 'object' && address !== null) {
  process.send?.(address.port, () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
}
