// SPDX-License-Identifier: MIT
import type { Family } from '../virtual-service.js';
import { littleEndian } from './byte-order.js';
import { AF_INET, AF_INET6 } from './ffi.js';
import { addressBytes } from './ip-address.js';
import { loadKoffi } from './koffi.js';
import { SystemError } from './system-error.js';

/**
 * The bytes of a `struct sockaddr_in` or `sockaddr_in6`. A zone (`fe80::1%eth0`, or a number after the percent
 * sign) becomes its scope; a zone that is no interface of this host throws ENODEV.
 */
export function socketAddress(family: Family, address: string, port: number): Uint8Array {
  const [text = '', zone] = address.split('%');
  const bytes = new Uint8Array(family === 4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family === 4 ? AF_INET : AF_INET6, littleEndian);
  view.setUint16(2, port);
  bytes.set(addressBytes(text), family === 4 ? 4 : 8);
  if (zone !== undefined) view.setUint32(24, scopeOf(zone), littleEndian);
  return bytes;
}

function scopeOf(zone: string): number {
  if (/^\d+$/.test(zone)) return Number(zone);
  const koffi = loadKoffi();
  const find = koffi.load(null).func<(name: string) => number>('uint32 if_nametoindex(const char *)');
  const index = find(zone);
  if (index === 0) throw new SystemError('if_nametoindex', koffi.errno());
  return index;
}
