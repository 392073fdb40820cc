// SPDX-License-Identifier: MIT
import { isIP } from 'node:net';
import {
  AF_INET,
  IPPROTO_TCP,
  SOCK_DGRAM,
  addressBytes,
  loadLibc,
  readSocketAddress,
  setOrigin,
  socketAddress,
} from 'sluice/kernel';
import type { CheckTarget, Family } from 'sluice';
import { deafFilter } from './filters.js';
import { openRaw } from './raw-socket.js';

/** Where probes come from: what a check's `source` and `fwmark` say. */
export type Origin = Pick<CheckTarget, 'source' | 'fwmark'>;

/** Any port: it is only routing that is asked. */
const SCOUT_PORT = 9;
/** `AF_UNSPEC`: forgets the peer, and with it the source address that was chosen for it. */
const NOWHERE = new Uint8Array(16);

/** A way out: a socket to send from, and what it takes to know the source address that the system will choose. */
export class Lane implements Disposable {
  readonly fd: number;
  /** Not this lane's to close. */
  readonly #borrowed: boolean;
  /** For IPv6 the kernel sums and nobody needs to know the source. */
  readonly #scout: number | null;
  readonly #fixed: Buffer | null;

  /** Throws the error of what the origin asks for and can't have: a right, an interface, an address. */
  constructor(family: Family, { source, fwmark }: Origin, hearingFd: number) {
    const libc = loadLibc();
    const address = source !== null && isIP(source) !== 0 ? source : null;
    const prepare = (fd: number): void => {
      setOrigin(fd, address === null ? source : null, fwmark);
      if (address !== null) libc.bind(fd, socketAddress(family, address, 0));
    };
    this.#borrowed = source === null && fwmark === null;
    this.#fixed = address !== null && family === 4 ? Buffer.from(addressBytes(address)) : null;
    const opened: number[] = [];
    try {
      if (this.#borrowed) this.fd = hearingFd;
      else {
        this.fd = openRaw(family, IPPROTO_TCP, deafFilter());
        opened.push(this.fd);
        prepare(this.fd);
      }
      if (family === 4 && address === null) {
        this.#scout = libc.socket(AF_INET, SOCK_DGRAM, 0);
        opened.push(this.#scout);
        prepare(this.#scout);
      } else this.#scout = null;
    } catch (error) {
      for (const fd of opened) libc.close(fd);
      throw error;
    }
  }

  /** The source address of packets to this IPv4 destination, as routing has it now. */
  sourceTo(destination: string): Buffer {
    if (this.#fixed !== null) return this.#fixed;
    const libc = loadLibc();
    libc.connect(this.#scout!, NOWHERE);
    libc.connect(this.#scout!, socketAddress(4, destination, SCOUT_PORT));
    return readSocketAddress(4, libc.getsockname(this.#scout!)).address;
  }

  [Symbol.dispose](): void {
    if (!this.#borrowed) loadLibc().close(this.fd);
    if (this.#scout !== null) loadLibc().close(this.#scout);
  }
}
