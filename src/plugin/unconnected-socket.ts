// SPDX-License-Identifier: MIT
/**
 * The one place that reaches for what Node keeps to itself: the descriptor of a socket before it is connected,
 * where SO_MARK and SO_BINDTODEVICE must be set. Node offers no public way; each function below says so in one
 * sentence when a Node version no longer has the part it needs.
 */
import type { Socket as DatagramSocket } from 'node:dgram';
import { type LookupFunction, Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { SluiceError } from '../errors.js';

interface StreamHandle {
  readonly fd: number;
  bind(address: string, port: number): number;
  bind6(address: string, port: number, flags: number): number;
}

export interface BoundConnect {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
  /** Local address to bind to; null: any. */
  readonly localAddress: string | null;
  /** Runs on the fresh descriptor, after bind and before connect; what it throws fails the connection. */
  readonly prepare: (fd: number) => void;
}

/**
 * Starts to connect a TCP socket whose descriptor `prepare` sees first. Node makes the descriptor at bind, and
 * asks for the name's address before it connects: so the binding is done inside that question.
 */
export function connectPrepared(options: BoundConnect): Socket {
  const { address, family, port, localAddress, prepare } = options;
  const socket = new Socket({ allowHalfOpen: true });
  const lookup: LookupFunction = (_hostname, _options, callback) => {
    try {
      const handle = streamHandle(socket);
      const status =
        family === 4 ? handle.bind(localAddress ?? '0.0.0.0', 0) : handle.bind6(localAddress ?? '::', 0, 0);
      if (status !== 0) throw bindError(status);
      prepare(handle.fd);
    } catch (error) {
      callback(error instanceof Error ? error : new Error('bind', { cause: error }), '', family);
      return;
    }
    callback(null, address, family);
  };
  return socket.connect({ host: 'member.invalid', port, lookup, autoSelectFamily: false });
}

/** The descriptor of a bound datagram socket. */
export function datagramDescriptor(socket: DatagramSocket): number {
  for (const key of Object.getOwnPropertySymbols(socket)) {
    if (key.description !== 'state symbol') continue;
    const state: unknown = Reflect.get(socket, key);
    if (hasKey(state, 'handle') && hasKey(state.handle, 'fd') && typeof state.handle.fd === 'number') {
      return state.handle.fd;
    }
  }
  throw unsupported();
}

function streamHandle(socket: Socket): StreamHandle {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (isStreamHandle(handle)) return handle;
  throw unsupported();
}

function isStreamHandle(handle: unknown): handle is StreamHandle {
  return (
    hasKey(handle, 'fd') &&
    hasKey(handle, 'bind') &&
    typeof handle.bind === 'function' &&
    hasKey(handle, 'bind6') &&
    typeof handle.bind6 === 'function'
  );
}

function hasKey<K extends string>(value: unknown, key: K): value is Record<K, unknown> {
  return typeof value === 'object' && value !== null && key in value;
}

function bindError(status: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`bind ${code}`), { code, errno: status, syscall: 'bind' });
}

function unsupported(): SluiceError {
  return new SluiceError(
    'SLUICE_UNAVAILABLE',
    `Node ${process.version} hides its sockets' descriptors: leave out \`fwmark\` and an interface as \`source\`, or use another Node`,
  );
}
