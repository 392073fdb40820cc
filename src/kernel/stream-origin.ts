// SPDX-License-Identifier: MIT
import { isIP } from 'node:net';
import type { Family } from '../virtual-service.js';
import { littleEndian } from './byte-order.js';
import { AF_INET, AF_INET6, SOL_SOCKET, loadLibc } from './ffi.js';
import { socketAddress } from './socket-address.js';
import { setOrigin } from './socket-origin.js';
import type { StreamCalls } from './stream-calls.js';
import { SystemError } from './system-error.js';

const SO_LINGER = 13;
const IPPROTO_IP = 0;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_DEFER_ACCEPT = 9;
const IP_BIND_ADDRESS_NO_PORT = 24;

/** `struct linger`: on, for no time. */
const NO_LINGER = new Uint8Array(8);
new DataView(NO_LINGER.buffer).setInt32(0, 1, littleEndian);

/** What the sockets of some connections have in common, so that one may use another's. */
export interface StreamOrigin {
  readonly domain: number;
  /** The bytes of the `sockaddr` to bind to; null: the system's choice. */
  readonly address: Uint8Array | null;
  readonly device: string | null;
  readonly fwmark: number | null;
}

export function streamOrigin(family: Family, source: string | null, fwmark: number | null): StreamOrigin {
  const sourceFamily = source === null ? 0 : isIP(source);
  return {
    domain: family === 4 ? AF_INET : AF_INET6,
    address:
      source !== null && sourceFamily !== 0 ? socketAddress(sourceFamily === 4 ? 4 : 6, source, 0) : null,
    device: sourceFamily === 0 ? source : null,
    fwmark,
  };
}

/** Opens a socket for connections of this origin. Throws the system's refusal, and then nothing is open. */
export function openStreamSocket(calls: StreamCalls, origin: StreamOrigin): number {
  const fd = calls.socket(origin.domain);
  if (fd < 0) throw new SystemError('socket', -fd);
  try {
    const libc = loadLibc();
    // On a client this keeps back the handshake's last ACK (tcp(7) tells only what it does to a listener): it goes
    // out with the request, or never. Unlike TCP_QUICKACK it outlives a disconnect.
    libc.setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
    libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    // Whoever closes a connection that stands, at this process's end the kernel, does so by a RST.
    libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, NO_LINGER);
    if (origin.address !== null) {
      // The port is chosen at connect, for the pair of addresses: the same one may serve many peers.
      libc.setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
      libc.bind(fd, origin.address);
    }
    setOrigin(fd, origin.device, origin.fwmark);
    return fd;
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}
