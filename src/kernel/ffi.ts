// SPDX-License-Identifier: MIT
/**
 * The few libc calls that Node has no name for, through koffi. All calls are synchronous and take microseconds;
 * whoever wants to wait in one does so in a worker.
 */
import { constants } from 'node:os';
import { littleEndian } from './byte-order.js';
import { type Koffi, type Native, loadKoffi } from './koffi.js';
import { SystemError } from './system-error.js';

/** Address families, socket types, options: the numbers of Linux on every architecture that Node supports. */
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const MSG_DONTWAIT = 0x40;
export const MSG_TRUNC = 0x20;
export const POLLIN = 0x1;
export const POLLOUT = 0x4;
export const POLLERR = 0x8;
export const POLLHUP = 0x10;

/** One descriptor of a poll(2) call; `events` and the answer are masks of POLLIN, POLLOUT, … */
export interface PollEntry {
  readonly fd: number;
  readonly events: number;
}

/** libc's calls with Node's manners: a refusal is thrown as {@link SystemError}; EINTR is retried. */
export interface Libc {
  /** socket(2); always close-on-exec. */
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array): void;
  /** connect(2) of sockets that do not wait for a peer: datagram and raw ones. */
  connect(fd: number, address: Uint8Array): void;
  /** send(2); answers the number of bytes taken, or -1 when it would block (EAGAIN). */
  send(fd: number, data: Uint8Array, flags?: number): number;
  /** recv(2) into `buffer`; answers the number of bytes, or -1 when nothing waits (EAGAIN). */
  recv(fd: number, buffer: Uint8Array, flags?: number): number;
  /** sendmmsg(2) of `count` of the `struct mmsghdr`; answers how many were taken, or -1 as `send` does. */
  sendmmsg(fd: number, headers: Uint8Array, count: number, flags?: number): number;
  /** recvmmsg(2), which never waits here; answers how many came, or -1 when none waits (EAGAIN). */
  recvmmsg(fd: number, headers: Uint8Array, count: number): number;
  /**
   * Where the bytes are, for structures that point to others. The collector does not know of such a pointer:
   * whoever writes it keeps `bytes` referenced, and takes a buffer that stays in its place, one that was made
   * from an `ArrayBuffer` of its own.
   */
  addressOf(bytes: Uint8Array): bigint;
  /** setsockopt(2); a number is passed as C's `int`. */
  setsockopt(fd: number, level: number, option: number, value: number | Uint8Array): void;
  /** getsockopt(2); answers as many bytes as the kernel wrote, at most `length`. */
  getsockopt(fd: number, level: number, option: number, length: number): Buffer;
  getsockname(fd: number): Buffer;
  /** poll(2); answers each entry's `revents` in order. A `timeoutMs` of 0 doesn't wait, -1 waits forever. */
  poll(entries: readonly PollEntry[], timeoutMs: number): readonly number[];
  close(fd: number): void;
}

let loaded: Libc | undefined;

/**
 * The libc of this process. Throws SLUICE_UNAVAILABLE with a sentence that says what to do where there is no
 * Linux or no koffi.
 */
export function loadLibc(): Libc {
  loaded ??= bindLibc(loadKoffi());
  return loaded;
}

function bindLibc(koffi: Koffi): Libc {
  // Null is this very process, which has libc loaded already: glibc's or musl's.
  const library = koffi.load(null);
  const socket = library.func<Native<[number, number, number]>>('int socket(int, int, int)');
  const bind = library.func<Native<[number, Uint8Array, number]>>('int bind(int, const void *, uint32)');
  const send = library.func<Native<[number, Uint8Array, number, number]>>(
    'long send(int, const void *, size_t, int)',
  );
  const recv = library.func<Native<[number, Uint8Array, number, number]>>(
    'long recv(int, void *, size_t, int)',
  );
  const connect = library.func<Native<[number, Uint8Array, number]>>(
    'int connect(int, const void *, uint32)',
  );
  const sendmmsg = library.func<Native<[number, Uint8Array, number, number]>>(
    'int sendmmsg(int, void *, uint, int)',
  );
  const recvmmsg = library.func<Native<[number, Uint8Array, number, number, null]>>(
    'int recvmmsg(int, void *, uint, int, void *)',
  );
  const setsockopt = library.func<Native<[number, number, number, Uint8Array, number]>>(
    'int setsockopt(int, int, int, const void *, uint32)',
  );
  const getsockopt = library.func<Native<[number, number, number, Uint8Array, Uint8Array]>>(
    'int getsockopt(int, int, int, void *, void *)',
  );
  const getsockname = library.func<Native<[number, Uint8Array, Uint8Array]>>(
    'int getsockname(int, void *, void *)',
  );
  const poll = library.func<Native<[Uint8Array, number, number]>>('int poll(void *, ulong, int)');
  const close = library.func<Native<[number]>>('int close(int)');

  const checked = (result: number, syscall: string): number => {
    if (result < 0) throw new SystemError(syscall, koffi.errno());
    return result;
  };
  /** Repeats a call that a signal broke off; -1 means EAGAIN. */
  const transfer = (syscall: string, call: () => number): number => {
    for (;;) {
      const result = call();
      if (result >= 0) return result;
      const errno = koffi.errno();
      if (errno === constants.errno.EAGAIN) return -1;
      if (errno !== constants.errno.EINTR) throw new SystemError(syscall, errno);
    }
  };

  return {
    socket: (domain, type, protocol) => checked(socket(domain, type | SOCK_CLOEXEC, protocol), 'socket'),
    bind: (fd, address) => void checked(bind(fd, address, address.length), 'bind'),
    send: (fd, data, flags = 0) => transfer('send', () => send(fd, data, data.length, flags)),
    recv: (fd, buffer, flags = 0) => transfer('recv', () => recv(fd, buffer, buffer.length, flags)),
    connect: (fd, address) => void checked(connect(fd, address, address.length), 'connect'),
    sendmmsg: (fd, headers, count, flags = 0) =>
      transfer('sendmmsg', () => sendmmsg(fd, headers, count, flags)),
    recvmmsg: (fd, headers, count) =>
      transfer('recvmmsg', () => recvmmsg(fd, headers, count, MSG_DONTWAIT, null)),
    addressOf: (bytes) => koffi.address(bytes),
    setsockopt: (fd, level, option, value) => {
      const bytes = typeof value === 'number' ? int32(value) : value;
      checked(setsockopt(fd, level, option, bytes, bytes.length), 'setsockopt');
    },
    getsockopt: (fd, level, option, length) => {
      const value = Buffer.alloc(length);
      const size = int32(length);
      checked(getsockopt(fd, level, option, value, size), 'getsockopt');
      return value.subarray(0, readInt32(size));
    },
    getsockname: (fd) => {
      const address = Buffer.alloc(128);
      const size = int32(address.length);
      checked(getsockname(fd, address, size), 'getsockname');
      return address.subarray(0, readInt32(size));
    },
    poll: (entries, timeoutMs) => {
      const table = pollTable(entries);
      transfer('poll', () => poll(table.bytes, entries.length, timeoutMs));
      return entries.map((_, index) => table.view.getInt16(index * 8 + 6, littleEndian));
    },
    close: (fd) => void checked(close(fd), 'close'),
  };
}

/** `struct pollfd { int fd; short events; short revents; }` for each entry. */
function pollTable(entries: readonly PollEntry[]): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(entries.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, entry] of entries.entries()) {
    view.setInt32(index * 8, entry.fd, littleEndian);
    view.setInt16(index * 8 + 4, entry.events, littleEndian);
  }
  return { bytes, view };
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, littleEndian);
  return bytes;
}

function readInt32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, littleEndian);
}
