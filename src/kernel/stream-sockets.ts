// SPDX-License-Identifier: MIT
import { constants } from 'node:os';
import { EPOLLET, EPOLLIN, EPOLLOUT, EPOLLRDHUP, type Epoll } from './epoll.js';
import { PooledStream, type StreamOwner } from './pooled-stream.js';
import { isMapped, socketAddress } from './socket-address.js';
import type { StreamCalls } from './stream-calls.js';
import { type StreamOrigin, openStreamSocket, streamOrigin } from './stream-origin.js';
import type { StreamPeer } from './stream.js';
import { SystemError } from './system-error.js';

/** So many sockets of one origin wait for their next connection. */
const MOST_IDLE = 256;

/** What is known of a peer. */
interface Destination {
  readonly address: Uint8Array;
  readonly origin: StreamOrigin;
  /** Sockets that may connect to it; null: none may be kept. */
  readonly idle: PooledStream[] | null;
}

/** The sockets of a pool: watched by its epoll descriptor from the first day on, used again where they may be. */
export class StreamSockets {
  readonly #calls: StreamCalls;
  readonly #epoll: Epoll;
  readonly #owner: StreamOwner;
  readonly #byFd: (PooledStream | undefined)[] = [];
  readonly #destinations = new WeakMap<StreamPeer, Destination>();
  readonly #idle = new Map<string, PooledStream[]>();
  #closed = false;

  constructor(calls: StreamCalls, epoll: Epoll, owner: StreamOwner) {
    this.#calls = calls;
    this.#epoll = epoll;
    this.#owner = owner;
  }

  /** The socket of this descriptor. */
  at(fd: number): PooledStream | undefined {
    return this.#byFd[fd];
  }

  /** Begins to connect to the peer; throws what the system refuses at once. */
  connect(peer: StreamPeer): PooledStream {
    const { address, origin, idle } = this.#destinations.get(peer) ?? this.#learn(peer);
    const stream = idle?.pop() ?? this.#open(origin, idle);
    const result = this.#calls.connect(stream.fd, address);
    if (result >= 0 || result === -constants.errno.EINPROGRESS) return stream;
    this.#close(stream);
    throw new SystemError('connect', -result);
  }

  /** Gives up the connection, and keeps the socket for the next if that will see nothing of this one. */
  disconnect(stream: PooledStream): void {
    const { fd, idle, established } = stream;
    const fit = this.#calls.disconnect(fd) >= 0 && (established || this.#calls.dropErrors(fd));
    if (fit && idle !== null && idle.length < MOST_IDLE && !this.#closed) idle.push(stream);
    else this.#close(stream);
  }

  /** Closes those that are kept, and from now on every one that is disconnected. */
  close(): void {
    this.#closed = true;
    for (const idle of this.#idle.values()) for (const stream of idle.splice(0)) this.#close(stream);
  }

  #learn(peer: StreamPeer): Destination {
    const { family, port, source, fwmark } = peer;
    const origin = streamOrigin(family, source, fwmark);
    const address = socketAddress(family, peer.address, port);
    // A socket that is tied to an interface stays tied to its number, which may be another's by tomorrow, and one that
    // is bound to an address keeps it when the host has lost it, and hears no answer; one that has connected to a
    // mapped address speaks IPv4 from then on.
    const scoped = origin.device !== null || peer.address.includes('%') || source?.includes('%') === true;
    const keepable = !scoped && origin.address === null && !isMapped(address);
    const idle = keepable ? this.#idleOf(`${family} ${source} ${fwmark}`) : null;
    const destination: Destination = { address, origin, idle };
    if (!scoped) this.#destinations.set(peer, destination);
    return destination;
  }

  #idleOf(key: string): PooledStream[] {
    let idle = this.#idle.get(key);
    if (idle === undefined) this.#idle.set(key, (idle = []));
    return idle;
  }

  #open(origin: StreamOrigin, idle: PooledStream[] | null): PooledStream {
    const fd = openStreamSocket(this.#calls, origin);
    try {
      this.#epoll.add(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, fd);
    } catch (error) {
      this.#calls.close(fd);
      throw error;
    }
    const stream = new PooledStream(fd, idle, this.#calls, this.#owner);
    this.#byFd[fd] = stream;
    return stream;
  }

  #close(stream: PooledStream): void {
    this.#byFd[stream.fd] = undefined;
    this.#calls.close(stream.fd);
  }
}
