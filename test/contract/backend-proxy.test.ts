// SPDX-License-Identifier: MIT
import { once } from 'node:events';
import { createServer } from 'node:net';
import proxy from '../../plugins/backend-proxy/index.js';
import { testBackend } from '../../src/testing/backend-kit.js';
import { freePort } from '../support/loopback.js';

// The engine is this very process, so that nothing outlives an instance and nobody else can change it.
const ports = await Promise.all(
  Array.from({ length: 16 }, async () => ({
    tcp: { 4: await freePort('127.0.0.1'), 6: await freePort('::1') },
    udp: { 4: await freePort('127.0.0.1', 'udp'), 6: await freePort('::1', 'udp') },
  })),
);

testBackend(proxy, {
  frontend(index, family, protocol) {
    const port = ports[index]![protocol][family];
    const address = family === 4 ? '127.0.0.1' : '::1';
    return { kind: 'address', family, address, protocol, port, portLast: port };
  },
  member: (index, family) => ({
    address: family === 4 ? `192.0.2.${11 + index}` : `2001:db8::${11 + index}`,
    port: 8080,
  }),
  async inspect() {
    const taken = await Promise.all(ports.map(({ tcp }) => isTaken(tcp[4])));
    return JSON.stringify(taken);
  },
  async refuse({ frontend }) {
    if (frontend.kind !== 'address') throw new Error('the kit asks for an address');
    const squatter = createServer().listen(frontend.port, frontend.address);
    await once(squatter, 'listening');
    return {
      async [Symbol.asyncDispose]() {
        const closed = once(squatter, 'close');
        squatter.close();
        await closed;
      },
    };
  },
});

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}
