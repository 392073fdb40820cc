// SPDX-License-Identifier: MIT
import type { ConnectionOptions } from 'node:tls';
import type { Client } from 'undici';
import type { CheckTarget, PluginContext } from 'sluice';
import { codeOf } from '../outcome.js';
import { type HttpClient, openClient } from './client.js';

interface Kept {
  readonly http: HttpClient;
  /** Of the request that the connection is opened for. */
  signal: AbortSignal;
}

/** Gives each probe a fresh connection or, with `reuse`, the one kept since the last probe of its target. */
export class ClientKeeper {
  readonly #context: PluginContext;
  readonly #tls: ConnectionOptions | undefined;
  readonly #reuse: boolean;
  readonly #idle = new Map<string, Kept>();

  constructor(context: PluginContext, tls: ConnectionOptions | undefined, reuse: boolean) {
    this.#context = context;
    this.#tls = tls;
    this.#reuse = reuse;
  }

  async use<T>(
    target: CheckTarget,
    signal: AbortSignal,
    request: (client: Client) => Promise<T>,
  ): Promise<T> {
    const { address, port, source, fwmark } = target;
    const key = JSON.stringify([address, port, source, fwmark]);
    const kept = this.#idle.get(key);
    this.#idle.delete(key);
    if (kept === undefined) return this.#useFresh(key, target, signal, request);
    kept.signal = signal;
    try {
      return await this.#run(key, kept, request);
    } catch (error) {
      // The member may have ended the kept connection in the meantime, which says nothing about its health.
      if (signal.aborted || codeOf(error) !== 'UND_ERR_SOCKET') throw error;
      return this.#useFresh(key, target, signal, request);
    }
  }

  async close(): Promise<void> {
    const all = [...this.#idle.values()];
    this.#idle.clear();
    await Promise.all(all.map(({ http }) => http.close()));
  }

  async #useFresh<T>(
    key: string,
    target: CheckTarget,
    signal: AbortSignal,
    request: (client: Client) => Promise<T>,
  ): Promise<T> {
    const holder = { signal };
    const http = await openClient(this.#context, target, this.#tls, () => holder.signal);
    const fresh: Kept = Object.assign(holder, { http });
    return this.#run(key, fresh, request);
  }

  async #run<T>(key: string, kept: Kept, request: (client: Client) => Promise<T>): Promise<T> {
    let done = false;
    try {
      const result = await request(kept.http.client);
      done = true;
      return result;
    } finally {
      if (done && this.#reuse && !this.#idle.has(key)) this.#idle.set(key, kept);
      else await kept.http.close();
    }
  }
}
