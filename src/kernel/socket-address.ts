// SPDX-License-Identifier: MIT
import type { Family } from '../virtual-service.js';
import { littleEndian } from './byte-order.js';
import { AF_INET, AF_INET6 } from './ffi.js';
import { addressBytes } from './ip-address.js';
import { loadKoffi } from './koffi.js';
import { SystemError } from './system-error.js';

/** Bytes of `struct sockaddr_in`, ip(7), and `sockaddr_in6`, ipv6(7), and where in them the address begins. */
export const SOCKET_ADDRESS = {
  4: { bytes: 16, addressAt: 4 },
  6: { bytes: 28, addressAt: 8 },
} as const;

/** How the IPv6 addresses begin that stand for IPv4 ones: RFC 4291, 2.5.5.2. */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/**
 * The bytes of a `struct sockaddr_in` or `sockaddr_in6`. A zone (`fe80::1%eth0`, or a number after the percent
 * sign) becomes its scope; a zone that is no interface of this host throws ENODEV.
 */
export function socketAddress(family: Family, address: string, port: number): Uint8Array {
  const [text = '', zone] = address.split('%');
  const bytes = new Uint8Array(SOCKET_ADDRESS[family].bytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family === 4 ? AF_INET : AF_INET6, littleEndian);
  view.setUint16(2, port);
  bytes.set(addressBytes(text), SOCKET_ADDRESS[family].addressAt);
  if (zone !== undefined) view.setUint32(24, scopeOf(zone), littleEndian);
  return bytes;
}

/** The address and port in what getsockname(2) and the like answer. */
export function readSocketAddress(
  family: Family,
  bytes: Buffer,
): { readonly address: Buffer; readonly port: number } {
  const { addressAt } = SOCKET_ADDRESS[family];
  return {
    address: bytes.subarray(addressAt, addressAt + (family === 4 ? 4 : 16)),
    port: bytes.readUInt16BE(2),
  };
}

/** Whether the bytes of a `sockaddr` are those of an IPv4 address in IPv6's clothes, `::ffff:192.0.2.1`. */
export function isMapped(address: Uint8Array): boolean {
  return (
    address.length === SOCKET_ADDRESS[6].bytes &&
    MAPPED.every((byte, index) => address[SOCKET_ADDRESS[6].addressAt + index] === byte)
  );
}

function scopeOf(zone: string): number {
  if (/^\d+$/.test(zone)) return Number(zone);
  const koffi = loadKoffi();
  const find = koffi.load(null).func<(name: string) => number>('uint32 if_nametoindex(const char *)');
  const index = find(zone);
  if (index === 0) throw new SystemError('if_nametoindex', koffi.errno());
  return index;
}
