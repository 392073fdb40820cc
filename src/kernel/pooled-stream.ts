// SPDX-License-Identifier: MIT
import { constants } from 'node:os';
import type { StreamCalls } from './stream-calls.js';
import type { Stream, StreamHandler } from './stream.js';
import { SystemError } from './system-error.js';
import type { StreamLane } from './stream-lanes.js';

const { EAGAIN } = constants.errno;

/** What a pool does for its streams. */
export interface StreamOwner {
  rest(stream: PooledStream): void;
  resume(stream: PooledStream, timeoutMs: number): void;
  release(stream: PooledStream): void;
}

/** One prober: who hears of its connections, and those it has. */
export interface StreamUser {
  readonly handler: StreamHandler<unknown>;
  readonly streams: Set<PooledStream>;
}

/** A socket that serves one connection after the other. The fields are the pool's to write. */
export class PooledStream implements Stream<unknown> {
  readonly fd: number;
  /** Whose connection it is now; null: nobody's. */
  user: StreamUser | null = null;
  context: unknown = null;
  startedMs = 0;
  /** Counts the connections, to tell one from the next. */
  use = 0;
  /** How often the pool had looked when this connection was asked for: what it saw then is older. */
  startedAtLook = 0;
  established = false;
  lane: StreamLane | null = null;
  previous: PooledStream | null = null;
  next: PooledStream | null = null;
  /** Where the socket waits for its next connection; null: it is closed after this one. */
  readonly idle: PooledStream[] | null;
  readonly #calls: StreamCalls;
  readonly #owner: StreamOwner;

  constructor(fd: number, idle: PooledStream[] | null, calls: StreamCalls, owner: StreamOwner) {
    this.fd = fd;
    this.idle = idle;
    this.#calls = calls;
    this.#owner = owner;
  }

  write(data: Uint8Array): number {
    const count = this.#calls.send(this.fd, data);
    if (count >= 0) return count;
    if (count === -EAGAIN) return -1;
    throw new SystemError('send', -count);
  }

  read(buffer: Uint8Array): number {
    const count = this.#calls.recv(this.fd, buffer);
    if (count >= 0) return count;
    if (count === -EAGAIN) return -1;
    throw new SystemError('recv', -count);
  }

  rest(): void {
    this.#owner.rest(this);
  }

  resume(timeoutMs: number): void {
    this.#owner.resume(this, timeoutMs);
  }

  release(): void {
    this.#owner.release(this);
  }
}
