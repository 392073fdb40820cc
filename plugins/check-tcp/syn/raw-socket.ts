// SPDX-License-Identifier: MIT
import {
  AF_INET,
  AF_INET6,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
  attachFilter,
  isSystemError,
  loadLibc,
} from 'sluice/kernel';
import type { Family } from 'sluice';
import { CHECKSUM } from './segment.js';

const IPPROTO_IPV6 = 41;
const IPV6_CHECKSUM = 7;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
/** What arrives while the loop is busy elsewhere waits here; limits, not reservations. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** A raw socket, raw(7), that takes what `filter` takes. Throws a {@link SystemError}: EPERM without CAP_NET_RAW. */
export function openRaw(family: Family, protocol: number, filter: Buffer): number {
  const libc = loadLibc();
  const fd = libc.socket(family === 4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_NONBLOCK, protocol);
  try {
    attachFilter(fd, filter);
    // What came before the filter.
    while (libc.recv(fd, new Uint8Array(1), MSG_DONTWAIT) >= 0);
    growBuffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
    growBuffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
    // For IPv6 the kernel knows the source address and sums, ipv6(7).
    if (family === 6 && protocol === IPPROTO_TCP) {
      libc.setsockopt(fd, IPPROTO_IPV6, IPV6_CHECKSUM, CHECKSUM);
    }
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Past the system's limit where we may, up to it otherwise. */
function growBuffer(fd: number, force: number, ordinary: number): void {
  const libc = loadLibc();
  try {
    libc.setsockopt(fd, SOL_SOCKET, force, BUFFER_BYTES);
  } catch (error) {
    if (!isSystemError(error, 'EPERM')) throw error;
    libc.setsockopt(fd, SOL_SOCKET, ordinary, BUFFER_BYTES);
  }
}
