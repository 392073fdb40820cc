// SPDX-License-Identifier: MIT
import {
  AF_INET,
  AF_INET6,
  SOCK_STREAM,
  isSystemError,
  loadLibc,
  readSocketAddress,
  socketAddress,
} from 'sluice/kernel';

/**
 * A TCP port that nobody else on this host gets, since a socket is bound to it. The socket never listens nor
 * connects, so that the kernel answers every SYN-ACK to the port by a reset: members are left clean.
 */
export class SourcePort implements Disposable {
  readonly port: number;
  readonly #fd: number;

  constructor() {
    const libc = loadLibc();
    const { family, fd } = openEither();
    this.#fd = fd;
    try {
      libc.bind(fd, socketAddress(family, family === 4 ? '0.0.0.0' : '::', 0));
      this.port = readSocketAddress(family, libc.getsockname(fd)).port;
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    loadLibc().close(this.#fd);
  }
}

/** An IPv6 socket holds the port in both families. */
function openEither(): { readonly family: 4 | 6; readonly fd: number } {
  const libc = loadLibc();
  try {
    const fd = libc.socket(AF_INET6, SOCK_STREAM, 0);
    try {
      libc.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
      return { family: 6, fd };
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  } catch (error) {
    if (!isSystemError(error, 'EAFNOSUPPORT')) throw error;
    return { family: 4, fd: libc.socket(AF_INET, SOCK_STREAM, 0) };
  }
}

const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
