import { createServer } from 'node:net';
import { testCheck } from 'sluice/testing';
import redis from './redis-check.mjs';

function serve(answer) {
  return new Promise((resolve) => {
    const open = new Set();
    const server = createServer((socket) => {
      open.add(socket);
      socket.on('error', () => {}).on('data', () => answer(socket));
    });
    server.listen(0, '127.0.0.1', () => {
      const { address, port } = server.address();
      const close = () => {
        for (const socket of open) socket.destroy();
        server.close();
      };
      resolve({ address, port, close });
    });
  });
}

const options = {};
testCheck(redis, [
  {
    name: 'PONG',
    options,
    serve: () => serve((socket) => socket.write('+PONG\r\n')),
    expect: 'pass',
  },
  {
    name: 'an error',
    options,
    serve: () => serve((socket) => socket.write('-LOADING\r\n')),
    expect: 'mismatch',
  },
  { name: 'silence', options, serve: () => serve(() => {}), expect: 'hangs' },
]);
