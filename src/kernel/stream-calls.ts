// SPDX-License-Identifier: MIT
import { constants } from 'node:os';
import { MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM, SOL_SOCKET } from './ffi.js';
import { type Native, loadKoffi } from './koffi.js';

const SO_ERROR = 4;
const MSG_NOSIGNAL = 0x4000;
const MSG_ERRQUEUE = 0x2000;
/** `sa_family_t` in host order is all that connect(2) looks at for AF_UNSPEC, which is 0. */
const NOWHERE = new Uint8Array(16);

/**
 * The calls that a stream makes for every probe. They are made so often that a refusal is answered, as a negative
 * errno, rather than thrown; and nothing is allocated.
 */
export interface StreamCalls {
  /** A non-blocking TCP socket of the address family (AF_INET, AF_INET6). */
  socket(domain: number): number;
  /** connect(2) to the bytes of a `sockaddr`: `-EINPROGRESS` is the rule. */
  connect(fd: number, address: Uint8Array): number;
  /**
   * Gives up the socket's connection, by a RST where there is one, and leaves the socket fit for another:
   * connect(2) to AF_UNSPEC.
   */
  disconnect(fd: number): number;
  /** send(2) of `data`. */
  send(fd: number, data: Uint8Array): number;
  /** recv(2) into `buffer`: 0 is the peer's end. */
  recv(fd: number, buffer: Uint8Array): number;
  /** Takes the error that waits on the socket (SO_ERROR): 0 is none. */
  takeError(fd: number): number;
  /** Drops what ICMP has said to the socket: it would outlive a disconnect. False: it cannot be dropped. */
  dropErrors(fd: number): boolean;
  close(fd: number): number;
}

let bound: StreamCalls | undefined;

export function streamCalls(): StreamCalls {
  bound ??= bind();
  return bound;
}

function bind(): StreamCalls {
  const koffi = loadKoffi();
  const library = koffi.load(null);
  const socket = library.func<Native<[number, number, number]>>('int socket(int, int, int)');
  const connect = library.func<Native<[number, Uint8Array, number]>>(
    'int connect(int, const void *, uint32)',
  );
  const send = library.func<Native<[number, Uint8Array, number, number]>>(
    'long send(int, const void *, size_t, int)',
  );
  const recv = library.func<Native<[number, Uint8Array, number, number]>>(
    'long recv(int, void *, size_t, int)',
  );
  const getsockopt = library.func<Native<[number, number, number, Int32Array, Int32Array]>>(
    'int getsockopt(int, int, int, void *, void *)',
  );
  const close = library.func<Native<[number]>>('int close(int)');
  const { EAGAIN, EINTR } = constants.errno;

  const value = new Int32Array(1);
  const size = new Int32Array(1);
  const rest = new Uint8Array(128);
  const answered = (result: number): number => (result < 0 ? -koffi.errno() : result);
  return {
    socket: (domain) => answered(socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
    connect: (fd, address) => answered(connect(fd, address, address.length)),
    disconnect: (fd) => answered(connect(fd, NOWHERE, NOWHERE.length)),
    send(fd, data) {
      for (;;) {
        const result = answered(send(fd, data, data.length, MSG_NOSIGNAL));
        if (result !== -EINTR) return result;
      }
    },
    recv(fd, buffer) {
      for (;;) {
        const result = answered(recv(fd, buffer, buffer.length, 0));
        if (result !== -EINTR) return result;
      }
    },
    takeError(fd) {
      size[0] = 4;
      return getsockopt(fd, SOL_SOCKET, SO_ERROR, value, size) < 0 ? koffi.errno() : value[0]!;
    },
    dropErrors(fd) {
      let result: number;
      do result = answered(recv(fd, rest, rest.length, MSG_ERRQUEUE | MSG_DONTWAIT));
      while (result >= 0);
      return result === -EAGAIN;
    },
    close: (fd) => answered(close(fd)),
  };
}
