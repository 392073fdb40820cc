// SPDX-License-Identifier: MIT
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { callbackify } from 'node:util';
import type { Client } from 'undici';
import { type CheckTarget, type PluginContext, closeByReset } from 'sluice';
import { MOST_HEADER_BYTES } from './limits.js';
import { loadUndici } from './undici.js';

/** An idle connection is kept longer than any sensible interval; the member may end it sooner. */
const IDLE_MS = 600_000;

/** One HTTP connection to one target, opened at the first request. */
export interface HttpClient {
  readonly client: Client;
  /** Ends the connection by reset. */
  close(): Promise<void>;
}

/** `signal` ends the opening of a connection; undici's own time-outs are coarse, so they are off. */
export async function openClient(
  context: PluginContext,
  target: CheckTarget,
  tls: ConnectionOptions | undefined,
  signal: () => AbortSignal,
): Promise<HttpClient> {
  const { Client } = await loadUndici();
  const { address, port, source, fwmark } = target;
  let socket: Socket | undefined;
  // The name is never looked up: the connection is ours, and so is the Host header.
  const client = new Client(tls === undefined ? 'http://member.invalid' : 'https://member.invalid', {
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    maxHeaderSize: MOST_HEADER_BYTES,
    pipelining: 1,
    connect(_options, callback) {
      const open = callbackify(() =>
        context.connect({
          address,
          port,
          source,
          fwmark,
          signal: signal(),
          ...(tls !== undefined && { tls }),
        }),
      );
      open((error, connected) => {
        if (error !== null) {
          callback(error, null);
          return;
        }
        socket = connected;
        callback(null, connected);
      });
    },
  });
  return {
    client,
    async close() {
      if (socket !== undefined) closeByReset(socket);
      await client.destroy();
    },
  };
}
