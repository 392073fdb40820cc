// SPDX-License-Identifier: MIT
/** Marks and devices on sockets that Node then uses. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import {
  AF_INET,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  bindToDevice,
  loadLibc,
  setMark,
} from '../../src/kernel/index.js';
import { enterNamespace, labTest } from './lab.js';

await enterNamespace(import.meta.url);

labTest(
  'a socket with a mark and a device connects',
  { hosts: ['a', 'b'], needs: ['koffi'] },
  async (lab) => {
    const a = lab.host('a');
    await a.serve({ kind: 'tcp', port: 8080 });
    await lab.nft(
      ['-f', '-'],
      `table inet watch {
       chain out {
         type filter hook output priority 0;
         ip daddr ${a.address} tcp flags syn meta mark 7 counter accept
         ip daddr ${a.address} tcp flags syn drop
       }
     }`,
    );
    const open = (device: string): Socket => {
      const fd = loadLibc().socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      setMark(fd, 7);
      bindToDevice(fd, device);
      return new Socket({ fd });
    };
    const socket = open('a').connect({ host: a.address, port: 8080 });
    await once(socket, 'connect');
    assert.equal(socket.remoteAddress, a.address);
    socket.destroy();
    assert.match(await lab.nft(['list', 'table', 'inet', 'watch']), /mark 0x00000007 counter packets [1-9]/);

    const astray = open('b').connect({ host: a.address, port: 8080 });
    const abort = AbortSignal.timeout(300);
    await assert.rejects(once(astray, 'connect', { signal: abort }));
    astray.destroy();
  },
);
