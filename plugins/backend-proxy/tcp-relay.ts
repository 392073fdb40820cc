// SPDX-License-Identifier: MIT
import type { Socket } from 'node:net';
import { serverKey, type Clock, type PluginLog, type RealServer } from 'sluice';
import { dial } from './dial.js';
import { reset } from './reset.js';
import { splice } from './splice.js';

export interface RelayContext {
  readonly clock: Clock;
  readonly log: PluginLog;
  readonly connectTimeoutMs: number;
  readonly connectRetries: number;
}

/** One client's connection and the member's that belongs to it. */
export class TcpRelay {
  /** Key of the service it came in by. */
  readonly service: string;
  readonly #client: Socket;
  readonly #context: RelayContext;
  readonly #gone = new AbortController();
  #member: string | null = null;
  #upstream: Socket | null = null;

  constructor(service: string, client: Socket, context: RelayContext) {
    this.service = service;
    this.#client = client;
    this.#context = context;
    client.on('error', () => undefined);
    client.once('close', () => this.#gone.abort());
  }

  /** Server key of the member that it reached; null while it looks for one. */
  get member(): string | null {
    return this.#member;
  }

  /** Connects to the first of the members that accepts; resets the client when none does. */
  async run(members: Iterable<RealServer>): Promise<void> {
    const upstream = await this.#reach(members);
    if (upstream === null) {
      reset(this.#client);
      return;
    }
    this.#upstream = upstream;
    if (this.#client.destroyed) {
      reset(upstream);
      return;
    }
    splice(this.#client, upstream, this.#context.clock);
  }

  /** Ends it by resetting both sides. */
  cut(): void {
    reset(this.#client);
    if (this.#upstream !== null) reset(this.#upstream);
  }

  /** From here on it doesn't keep the process alive. */
  unref(): void {
    this.#client.unref();
    this.#upstream?.unref();
  }

  async #reach(members: Iterable<RealServer>): Promise<Socket | null> {
    const { clock, log, connectTimeoutMs: timeoutMs, connectRetries } = this.#context;
    const { signal } = this.#gone;
    let attempts = 0;
    for (const member of members) {
      if (signal.aborted || attempts > connectRetries) break;
      attempts += 1;
      try {
        const socket = await dial(member, { timeoutMs, clock, signal });
        this.#member = serverKey(member);
        return socket;
      } catch (error) {
        log.debug({ service: this.service, member: serverKey(member), error }, 'a member did not accept');
      }
    }
    return null;
  }
}
