// SPDX-License-Identifier: MIT
import { type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import type { ConnectOptions } from './api.js';
import { probeOrigin } from './probe-origin.js';
import { datagramDescriptor } from './unconnected-socket.js';

/**
 * Opens a UDP socket connected to one peer, from the given source with the given mark. Being connected it
 * hears ICMP: a refusal is an `error` event (ECONNREFUSED) at once, and strangers' datagrams don't reach it.
 * Rejects like `connect` of the plugin context; once resolved the caller closes it.
 */
export async function connectDatagram(options: Omit<ConnectOptions, 'tls'>): Promise<Socket> {
  const { address, port, signal } = options;
  signal.throwIfAborted();
  const origin = await probeOrigin(options.source, options.fwmark);
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  try {
    socket.bind({ port: 0, exclusive: true, ...(origin.address !== null && { address: origin.address }) });
    await once(socket, 'listening', { signal });
    origin.prepare?.(datagramDescriptor(socket));
    socket.connect(port, address);
    await once(socket, 'connect', { signal });
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}
