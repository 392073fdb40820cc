// SPDX-License-Identifier: MIT
/** Whether this host is little-endian: netlink headers and lengths are in host order. */
export const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
