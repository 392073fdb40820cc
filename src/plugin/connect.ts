// SPDX-License-Identifier: MIT
import { type Socket, connect as connectTcp, isIP } from 'node:net';
import {
  type ConnectionOptions,
  type SecureContext,
  TLSSocket,
  connect as connectTls,
  createSecureContext,
} from 'node:tls';
import type { ConnectOptions } from './api.js';
import { probeOrigin } from './probe-origin.js';
import { connectPrepared } from './unconnected-socket.js';

const contexts = new WeakMap<ConnectionOptions, SecureContext>();

/** The TCP socket under each TLS socket made here: only that one can be reset. */
const carriers = new WeakMap<TLSSocket, Socket>();

/**
 * Opens a TCP connection, and TLS on it if asked, from the given source with the given mark. Rejects with the
 * system's error (ECONNREFUSED, …), with OpenSSL's, with a SluiceError where the mark or interface can't be set,
 * or with the signal's reason; nothing stays open then. Once resolved, the connection is the caller's, who ends
 * it with {@link closeByReset}, also after the peer has ended its side; the signal has no more say.
 */
export async function connect(options: ConnectOptions): Promise<Socket | TLSSocket> {
  const { signal, tls } = options;
  signal.throwIfAborted();
  const socket = await openTcp(options);
  if (tls === undefined) return socket;
  const secured = connectTls({ ...peerName(options.address, tls), secureContext: contextOf(tls), socket });
  carriers.set(secured, socket);
  await established(secured, 'secureConnect', signal);
  return secured;
}

async function openTcp(options: ConnectOptions): Promise<Socket> {
  const { address, port, signal } = options;
  const origin = await probeOrigin(options.source, options.fwmark);
  signal.throwIfAborted();
  const socket =
    origin.prepare === null
      ? connectTcp({
          host: address,
          port,
          autoSelectFamily: false,
          allowHalfOpen: true,
          ...(origin.address !== null && { localAddress: origin.address }),
        })
      : connectPrepared({
          address,
          family: isIP(address) === 6 ? 6 : 4,
          port,
          localAddress: origin.address,
          prepare: origin.prepare,
        });
  await established(socket, 'connect', signal);
  // Probes are small; waiting to fill a segment only delays the answer.
  return socket.setNoDelay(true);
}

/**
 * One context for all connections with the same options: making one costs as much as a handshake. Handshakes are full
 * ones all the same, as no session is carried over.
 */
function contextOf(tls: ConnectionOptions): SecureContext {
  const known = tls.secureContext ?? contexts.get(tls);
  if (known !== undefined) return known;
  const made = createSecureContext(tls);
  contexts.set(tls, made);
  return made;
}

/** Without a name to ask for, the certificate must be for the address. */
function peerName(address: string, tls: ConnectionOptions): ConnectionOptions {
  return tls.servername === undefined ? { host: address, ...tls } : tls;
}

/** Waits for the socket's `event`; on an error or abort closes it and rejects. */
function established(
  socket: Socket | TLSSocket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      socket.removeListener(event, onReady);
      socket.removeListener('error', onError);
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    const onReady = (): void => settle(resolve);
    const onError = (error: Error): void =>
      settle(() => {
        closeByReset(socket);
        reject(error);
      });
    const onAbort = (): void => onError(abortError(signal));
    socket.once(event, onReady);
    socket.once('error', onError);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

function abortError(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason });
}

/**
 * Ends a connection made by {@link connect} at once with a RST, whatever its state: no TIME_WAIT stays behind
 * on this host, and connection tables on the way forget it within seconds instead of minutes.
 */
export function closeByReset(socket: Socket | TLSSocket): void {
  const carrier = socket instanceof TLSSocket ? carriers.get(socket) : undefined;
  // What fails from here on interests nobody: the socket is given up.
  socket.on('error', ignore);
  if (carrier === undefined) {
    reset(socket);
    return;
  }
  carrier.on('error', ignore);
  // The TLS socket closes with its carrier. To destroy it while the reset is under way crashes Node.
  if (carrier.destroyed || socket.writableEnded) socket.destroy();
  else reset(carrier);
}

function reset(socket: Socket): void {
  if (socket.destroyed) return;
  // Node can't reset what is shutting down already: the handle would stay open for good.
  if (socket.connecting || socket.writableEnded || socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

function ignore(): void {}
