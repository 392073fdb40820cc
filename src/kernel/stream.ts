// SPDX-License-Identifier: MIT
import type { Family } from '../virtual-service.js';

/**
 * Where a connection goes and where it comes from. What is made of it is remembered by the object, so who connects
 * often hands over the same object every time; a check's target will do.
 */
export interface StreamPeer {
  /** With a zone where it is link-local: `fe80::1%eth0`. */
  readonly address: string;
  readonly family: Family;
  readonly port: number;
  /** Address or interface to connect from; null: the system's choice. */
  readonly source: string | null;
  /** Mark of the packets; null: none. */
  readonly fwmark: number | null;
}

/** A TCP connection, the caller's until it is released; not to be touched from then on. */
export interface Stream<C> {
  /** What the caller gave to know it by. */
  readonly context: C;
  /** When it was asked for, by the clock's monotonic time. */
  readonly startedMs: number;
  /**
   * Sends what the system takes now and answers how many bytes that was; -1: nothing. `ready` is called when there
   * is room again. The first bytes carry the handshake's ACK. Throws SystemError.
   */
  write(data: Uint8Array): number;
  /**
   * Reads what has arrived, at most what fits; 0: the peer has ended; -1: nothing now. `ready` is called for new
   * bytes only, so read until it answers 0 or -1 (or less than the buffer holds, while no end is awaited). Throws
   * SystemError.
   */
  read(buffer: Uint8Array): number;
  /** Lets the connection stand without a limit of time, until {@link resume}; `ready` still tells news of it. */
  rest(): void;
  /** Counts the time anew, of a next request on the connection: as if it had been asked for just now. */
  resume(timeoutMs: number): void;
  /** Gives it up, by a RST where the connection stands. Safe to call twice, within the same call by the engine. */
  release(): void;
}

/**
 * Hears of connections; one handler serves all of a prober's. `nowMs` is the clock's monotonic time. What
 * `connected` or `ready` throw is told to `failed`. After `failed` or `timedOut` a stream is released by itself.
 */
export interface StreamHandler<C> {
  /** The peer has answered the handshake. Its last packet is held back until something is written. */
  connected(stream: Stream<C>, nowMs: number): void;
  /** There are new bytes, the peer's end, an error that `read` will throw, or room to write. */
  ready(stream: Stream<C>, nowMs: number): void;
  /** A SystemError: ECONNREFUSED, ECONNRESET, EHOSTUNREACH, …; or what a call of this handler threw. */
  failed(stream: Stream<C>, error: unknown, nowMs: number): void;
  /** The time is over since it was asked for, whether connected or not. */
  timedOut(stream: Stream<C>, nowMs: number): void;
}
