// SPDX-License-Identifier: MIT
import type { Clock } from '../plugin/api.js';
import type { StreamUser } from './pooled-stream.js';
import { StreamPool } from './stream-pool.js';
import type { Stream, StreamHandler, StreamPeer } from './stream.js';

interface Shared {
  readonly pool: StreamPool;
  users: number;
}

/** One pool a clock, and so one for all probers of a daemon: they look together and use each other's sockets. */
const shared = new WeakMap<Clock, Shared>();

/** TCP connections of one prober: non-blocking, in the main loop, on sockets shared with others'. */
export class Streams<C> implements Disposable {
  readonly #user: StreamUser;
  readonly #clock: Clock;
  #shared: Shared | null;

  /** Throws SLUICE_UNAVAILABLE where there is no Linux or no koffi. */
  constructor(clock: Clock, handler: StreamHandler<C>) {
    this.#clock = clock;
    // The pool hands back to each handler what came with it.
    this.#user = { handler, streams: new Set() };
    this.#shared = shared.get(clock) ?? { pool: new StreamPool(clock), users: 0 };
    this.#shared.users += 1;
    shared.set(clock, this.#shared);
  }

  /**
   * Begins to connect. The handler hears of it after the turn at the earliest, but a call may bring news of former
   * connections. Throws what the system refuses at once (ENETUNREACH, EMFILE, EADDRNOTAVAIL, …), as SystemError;
   * SluiceError for an origin that this process may not use.
   *
   * @param timeoutMs from now to the release; few different values serve best
   */
  connect(peer: StreamPeer, timeoutMs: number, context: C): Stream<C> {
    if (this.#shared === null) throw new Error('these streams are closed');
    return this.#shared.pool.connect(peer, timeoutMs, this.#user, context) as Stream<C>;
  }

  /** Releases all connections; the last to go closes the sockets. */
  [Symbol.dispose](): void {
    if (this.#shared === null) return;
    for (const stream of this.#user.streams) stream.release();
    this.#shared.users -= 1;
    if (this.#shared.users === 0) {
      this.#shared.pool.close();
      shared.delete(this.#clock);
    }
    this.#shared = null;
  }
}
