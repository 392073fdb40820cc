// SPDX-License-Identifier: MIT
import { constants } from 'node:os';
import type { Clock } from '../plugin/api.js';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP, Epoll } from './epoll.js';
import type { PooledStream, StreamOwner, StreamUser } from './pooled-stream.js';
import { type StreamCalls, streamCalls } from './stream-calls.js';
import { StreamLanes } from './stream-lanes.js';
import { StreamSockets } from './stream-sockets.js';
import type { StreamHandler, StreamPeer } from './stream.js';
import { SystemError } from './system-error.js';

/** After so many connects the pool looks for answers in between: on loopback they wait, and free sockets. */
const LOOK_AFTER = 16;
/**
 * Non-blocking connections in a crowd, in the main loop, on sockets that serve again and again. One epoll descriptor
 * watches them all; the pool looks at it without waiting: after the connects of one turn of the loop, and on a timer
 * while answers are out.
 *
 * A socket is registered once, edge-triggered. Its events tell the state it has at the look, never an older one: an
 * edge that an earlier connection left behind shows nothing of it. Only what was fetched in the same look can be
 * older than a connection, and `startedAtLook` tells.
 */
export class StreamPool implements StreamOwner {
  readonly #clock: Clock;
  readonly #calls: StreamCalls;
  readonly #epoll: Epoll;
  readonly #sockets: StreamSockets;
  readonly #lanes = new StreamLanes();
  readonly #errors = new Map<number, SystemError>();
  #timer: Disposable | null = null;
  #timerMs = Infinity;
  /** How often it has looked. */
  #looks = 0;
  #launched = 0;
  #lookPlanned = false;
  #looking = false;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#calls = streamCalls();
    this.#epoll = new Epoll();
    this.#sockets = new StreamSockets(this.#calls, this.#epoll, this);
  }

  /** See {@link Streams.connect}. */
  connect(peer: StreamPeer, timeoutMs: number, user: StreamUser, context: unknown): PooledStream {
    if (this.#launched >= LOOK_AFTER && !this.#looking) this.#look();
    const startedMs = this.#clock.monotonicMs();
    const stream = this.#sockets.connect(peer);
    stream.startedMs = startedMs;
    stream.user = user;
    user.streams.add(stream);
    stream.context = context;
    stream.use += 1;
    stream.startedAtLook = this.#looks;
    stream.established = false;
    this.#await(stream, timeoutMs);
    return stream;
  }

  rest(stream: PooledStream): void {
    if (stream.user !== null) this.#lanes.remove(stream);
  }

  resume(stream: PooledStream, timeoutMs: number): void {
    if (stream.user === null) return;
    this.#lanes.remove(stream);
    stream.startedMs = this.#clock.monotonicMs();
    this.#await(stream, timeoutMs);
  }

  release(stream: PooledStream): void {
    if (stream.user === null) return;
    this.#lanes.remove(stream);
    stream.user.streams.delete(stream);
    stream.user = null;
    stream.context = null;
    this.#sockets.disconnect(stream);
  }

  /** Closes all sockets, once their users have released all connections. */
  close(): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#sockets.close();
    this.#epoll[Symbol.dispose]();
  }

  /** An answer is due: the pool looks for it, and for the end of its time. */
  #await(stream: PooledStream, timeoutMs: number): void {
    this.#lanes.add(stream, timeoutMs);
    this.#launched += 1;
    if (this.#lookPlanned) return;
    this.#lookPlanned = true;
    queueMicrotask(this.#lookAfterTurn);
  }

  readonly #lookAfterTurn = (): void => {
    this.#lookPlanned = false;
    if (this.#launched > 0 && !this.#closed && !this.#looking) this.#look();
  };

  readonly #lookOnTime = (): void => {
    this.#timer = null;
    this.#timerMs = Infinity;
    if (!this.#closed && !this.#looking) this.#look();
  };

  /** The kernel first, the clock second: what has answered in time is not called late because the loop was held. */
  #look(): void {
    this.#looking = true;
    this.#launched = 0;
    try {
      let count: number;
      do {
        this.#looks += 1;
        count = this.#epoll.look();
        const nowMs = this.#clock.monotonicMs();
        for (let index = 0; index < count && !this.#closed; index += 1) {
          const stream = this.#sockets.at(this.#epoll.tokenAt(index));
          const user = stream?.user;
          if (stream === undefined || user == null || stream.startedAtLook === this.#looks) continue;
          this.#take(stream, user.handler, this.#epoll.maskAt(index), nowMs);
        }
      } while (count === this.#epoll.most && !this.#closed);
      this.#expire(this.#clock.monotonicMs());
    } finally {
      this.#looking = false;
      this.#planLook();
    }
  }

  #take(stream: PooledStream, handler: StreamHandler<unknown>, mask: number, nowMs: number): void {
    const { use } = stream;
    try {
      if (!stream.established) {
        if ((mask & (EPOLLERR | EPOLLHUP)) !== 0) throw this.#errorOf(stream);
        if ((mask & EPOLLOUT) === 0) return;
        stream.established = true;
        handler.connected(stream, nowMs);
        if ((mask & (EPOLLIN | EPOLLRDHUP)) === 0 || stream.use !== use || stream.user === null) return;
      }
      handler.ready(stream, nowMs);
    } catch (error) {
      if (stream.use !== use || stream.user === null) fault(error);
      else this.#end(stream, () => handler.failed(stream, error, nowMs));
    }
  }

  #errorOf(stream: PooledStream): SystemError {
    const errno = this.#calls.takeError(stream.fd) || constants.errno.ECONNRESET;
    // One of each is enough: to make it costs more than the connection did, and where it was made tells nothing.
    let error = this.#errors.get(errno);
    if (error === undefined) this.#errors.set(errno, (error = new SystemError('connect', errno)));
    return error;
  }

  #expire(nowMs: number): void {
    for (let stream = this.#lanes.overdue(nowMs); stream !== null; stream = this.#lanes.overdue(nowMs)) {
      const { user } = stream;
      this.#end(stream, () => user?.handler.timedOut(stream, nowMs));
    }
  }

  /** Tells the connection's last news. */
  #end(stream: PooledStream, tell: () => void): void {
    const { use } = stream;
    try {
      tell();
    } catch (error) {
      fault(error);
    }
    if (stream.use === use) this.release(stream);
  }

  #planLook(): void {
    if (this.#closed) return;
    const nowMs = this.#clock.monotonicMs();
    const atMs = this.#lanes.nextLookMs(nowMs);
    if (this.#timerMs <= atMs && atMs !== Infinity) return;
    this.#timer?.[Symbol.dispose]();
    this.#timerMs = atMs;
    this.#timer = atMs === Infinity ? null : this.#clock.after(atMs - nowMs, this.#lookOnTime);
  }
}

/** A bug of a handler must not keep others from their news: it is thrown once they have them. */
function fault(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
