// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import {
  AF_INET,
  AF_NETLINK,
  MSG_DONTWAIT,
  POLLIN,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_SOCKET,
  SystemError,
  bindToDevice,
  errnoName,
  isSystemError,
  loadLibc,
} from '../../src/kernel/index.js';

const onLinux = { skip: process.platform === 'linux' ? false : 'needs Linux' };

describe('libc by koffi', onLinux, () => {
  it('names the errors of a refused call', () => {
    assert.throws(
      () => loadLibc().socket(9999, SOCK_DGRAM, 0),
      (error) => isSystemError(error, 'EAFNOSUPPORT') && error.syscall === 'socket' && error.errno === 97,
    );
    assert.throws(() => loadLibc().close(-1), { code: 'EBADF' });
  });

  it('sends to itself, polls, receives', () => {
    const libc = loadLibc();
    const fd = libc.socket(AF_NETLINK, SOCK_RAW, 12);
    try {
      libc.bind(fd, Buffer.from([AF_NETLINK, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
      const buffer = Buffer.alloc(64);
      assert.equal(libc.recv(fd, buffer, MSG_DONTWAIT), -1);
      assert.deepEqual(libc.poll([{ fd, events: POLLIN }], 0), [0]);
      // An empty NLMSG_NOOP that asks for an acknowledgement.
      const message = Buffer.alloc(16);
      message.writeUInt32LE(16, 0);
      message.writeUInt16LE(1, 4);
      message.writeUInt16LE(5, 6);
      assert.equal(libc.send(fd, message), 16);
      assert.deepEqual(libc.poll([{ fd, events: POLLIN }], 1000), [POLLIN]);
      assert.equal(libc.recv(fd, buffer, MSG_DONTWAIT), 36);
      assert.equal(libc.getsockname(fd).readUInt16LE(0), AF_NETLINK);
    } finally {
      libc.close(fd);
    }
  });

  it('sets and reads socket options', () => {
    const libc = loadLibc();
    const fd = libc.socket(AF_INET, SOCK_DGRAM, 0);
    try {
      const SO_REUSEADDR = 2;
      libc.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
      assert.equal(libc.getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 4).readInt32LE(), 1);
      assert.throws(() => bindToDevice(fd, 'no-such-device'), { code: 'ENODEV' });
      assert.throws(() => bindToDevice(fd, 'a-name-that-is-far-too-long'), RangeError);
    } finally {
      libc.close(fd);
    }
  });
});

describe('system errors', () => {
  it('have the names of errno(3)', () => {
    assert.equal(errnoName(2), 'ENOENT');
    assert.equal(errnoName(16), 'EBUSY');
    assert.equal(errnoName(105), process.platform === 'linux' ? 'ENOBUFS' : errnoName(105));
    assert.equal(errnoName(99_999), 'ERRNO_99999');
    assert.equal(new SystemError('batch', 2, 'no such chain').message, 'batch: ENOENT (no such chain)');
  });
});

describe('without koffi', onLinux, () => {
  it('loads all the same, and says what to install when it is needed', () => {
    const script = `
      const Module = require('node:module');
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (name, ...rest) {
        if (name === 'koffi') throw Object.assign(new Error('none'), { code: 'MODULE_NOT_FOUND' });
        return resolve.call(this, name, ...rest);
      };
      import(process.argv[1]).then(({ loadLibc }) => {
        try { loadLibc(); } catch ({ code, message }) { console.log(JSON.stringify({ code, message })); }
      });`;
    const url = new URL('../../src/kernel/index.js', import.meta.url).href;
    const output = execFileSync(process.execPath, ['-e', script, url], { encoding: 'utf8' });
    const { code, message } = JSON.parse(output) as { code: string; message: string };
    assert.equal(code, 'SLUICE_UNAVAILABLE');
    assert.match(message, /run `npm install koffi`/);
  });
});
