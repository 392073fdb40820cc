// SPDX-License-Identifier: MIT
/** Socket options that Node does not offer; see socket(7). */
import { loadLibc, SOL_SOCKET } from './ffi.js';

const SO_BINDTODEVICE = 25;
const SO_MARK = 36;
/** `IFNAMSIZ` with its terminating zero, linux/if.h. */
const INTERFACE_NAME_BYTES = 16;

/** Marks every packet that the socket sends (SO_MARK). Needs CAP_NET_ADMIN: EPERM without. */
export function setMark(fd: number, mark: number): void {
  loadLibc().setsockopt(fd, SOL_SOCKET, SO_MARK, mark | 0);
}

/** Ties the socket to a network interface (SO_BINDTODEVICE). ENODEV: no such interface. */
export function bindToDevice(fd: number, name: string): void {
  const bytes = Buffer.from(name);
  if (bytes.length === 0 || bytes.length >= INTERFACE_NAME_BYTES) {
    throw new RangeError(`an interface name has 1 to ${INTERFACE_NAME_BYTES - 1} bytes, not ${bytes.length}`);
  }
  loadLibc().setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.concat([bytes, Buffer.alloc(1)]));
}
