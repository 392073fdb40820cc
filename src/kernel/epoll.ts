// SPDX-License-Identifier: MIT
import { constants } from 'node:os';
import { type Native, loadKoffi } from './koffi.js';
import { SystemError } from './system-error.js';

export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
/** Bit 31: negative as the int32 that JavaScript's operators make of it. */
export const EPOLLET = 0x80000000 | 0;

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;

/** `struct epoll_event` is packed on the x86 family only: its 64 bits of data follow the mask at once there. */
const packed = process.arch === 'x64' || process.arch === 'ia32';
const WORDS = packed ? 3 : 4;
const TOKEN = packed ? 1 : 2;

/** How many events one call takes. */
const MOST_EVENTS = 256;

interface EpollCalls {
  create(): number;
  add(epoll: number, fd: number, event: Int32Array): number;
  wait(epoll: number, events: Int32Array): number;
  close(fd: number): void;
  errno(): number;
}

let bound: EpollCalls | undefined;

/** An epoll(7) descriptor that is looked at now and then, without waiting. Each watched socket has a token. */
export class Epoll implements Disposable {
  readonly #calls: EpollCalls;
  readonly #fd: number;
  readonly #events = new Int32Array(MOST_EVENTS * WORDS);
  readonly #event = new Int32Array(WORDS);

  constructor() {
    bound ??= bind();
    this.#calls = bound;
    this.#fd = this.#calls.create();
    if (this.#fd < 0) throw new SystemError('epoll_create1', this.#calls.errno());
  }

  /** Watches `fd` until it is closed; `token` is a non-negative int32 of the caller's. */
  add(fd: number, mask: number, token: number): void {
    this.#event[0] = mask;
    this.#event[TOKEN] = token;
    if (this.#calls.add(this.#fd, fd, this.#event) < 0) {
      throw new SystemError('epoll_ctl', this.#calls.errno());
    }
  }

  /** How many events there are now. More may wait when it is {@link most}. */
  look(): number {
    for (;;) {
      const count = this.#calls.wait(this.#fd, this.#events);
      if (count >= 0) return count;
      const errno = this.#calls.errno();
      if (errno !== constants.errno.EINTR) throw new SystemError('epoll_wait', errno);
    }
  }

  get most(): number {
    return MOST_EVENTS;
  }

  /** The mask of the event at `index` of the last look. */
  maskAt(index: number): number {
    return this.#events[index * WORDS]!;
  }

  tokenAt(index: number): number {
    return this.#events[index * WORDS + TOKEN]!;
  }

  [Symbol.dispose](): void {
    this.#calls.close(this.#fd);
  }
}

function bind(): EpollCalls {
  const koffi = loadKoffi();
  const library = koffi.load(null);
  const create = library.func<Native<[number]>>('int epoll_create1(int)');
  const control = library.func<Native<[number, number, number, Int32Array]>>(
    'int epoll_ctl(int, int, int, void *)',
  );
  const wait = library.func<Native<[number, Int32Array, number, number]>>(
    'int epoll_wait(int, void *, int, int)',
  );
  const close = library.func<Native<[number]>>('int close(int)');
  return {
    create: () => create(EPOLL_CLOEXEC),
    add: (epoll, fd, event) => control(epoll, EPOLL_CTL_ADD, fd, event),
    wait: (epoll, events) => wait(epoll, events, MOST_EVENTS, 0),
    close: (fd) => void close(fd),
    errno: () => koffi.errno(),
  };
}
