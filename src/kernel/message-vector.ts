// SPDX-License-Identifier: MIT
/** Many datagrams by one call: sendmmsg(2) and recvmmsg(2) on a fixed set of places. */
import { SluiceError } from '../errors.js';
import { littleEndian } from './byte-order.js';
import { loadLibc } from './ffi.js';

/** `struct mmsghdr` and `struct iovec` of 64-bit systems, sys/socket.h and sys/uio.h. */
const HEADER_BYTES = 64;
const NAME_LENGTH_AT = 8;
const IOVEC_AT = 16;
const IOVEC_COUNT_AT = 24;
const LENGTH_AT = 56;
const IOVEC_BYTES = 16;

export interface MessageVectorOptions {
  /** How many messages at once, at most 1024. */
  readonly places: number;
  /** Bytes of each message; when receiving, what is longer is cut. */
  readonly dataBytes: number;
  /** Bytes of each socket address; 0: messages have none. */
  readonly nameBytes: number;
}

/**
 * Places for messages. The one in place N has its bytes at `N * dataBytes` of `data`, and its socket address, the
 * peer's, at `N * nameBytes` of `names`.
 */
export class MessageVector {
  readonly places: number;
  readonly data: Buffer;
  readonly names: Buffer;
  // What the headers point to lives as long as they do: the collector does not see those pointers.
  readonly #iovecs: Buffer;
  readonly #headers: Buffer;
  readonly #libc = loadLibc();

  constructor({ places, dataBytes, nameBytes }: MessageVectorOptions) {
    if (THIRTY_TWO_BIT.has(process.arch)) {
      throw new SluiceError('SLUICE_UNAVAILABLE', 'this needs a 64-bit system');
    }
    this.places = places;
    this.data = steady(places * dataBytes);
    this.names = steady(places * nameBytes);
    this.#iovecs = steady(places * IOVEC_BYTES);
    this.#headers = steady(places * HEADER_BYTES);
    const data = this.#libc.addressOf(this.data);
    const names = nameBytes === 0 ? null : this.#libc.addressOf(this.names);
    const iovecs = this.#libc.addressOf(this.#iovecs);
    const iovecView = new DataView(this.#iovecs.buffer);
    const headerView = new DataView(this.#headers.buffer);
    for (let place = 0; place < places; place += 1) {
      const iovec = place * IOVEC_BYTES;
      iovecView.setBigUint64(iovec, data + BigInt(place * dataBytes), littleEndian);
      iovecView.setBigUint64(iovec + 8, BigInt(dataBytes), littleEndian);
      const header = place * HEADER_BYTES;
      if (names !== null) {
        headerView.setBigUint64(header, names + BigInt(place * nameBytes), littleEndian);
        headerView.setUint32(header + NAME_LENGTH_AT, nameBytes, littleEndian);
      }
      headerView.setBigUint64(header + IOVEC_AT, iovecs + BigInt(iovec), littleEndian);
      headerView.setBigUint64(header + IOVEC_COUNT_AT, 1n, littleEndian);
    }
  }

  /**
   * Sends the messages from place `first` up to `end`, not included. Answers how many the kernel took, or -1 when
   * the first of them would block; throws the {@link SystemError} of the first one, and then nothing was sent.
   */
  send(fd: number, first: number, end: number): number {
    return this.#libc.sendmmsg(fd, this.#headers.subarray(first * HEADER_BYTES), end - first);
  }

  /** Fills places from the first on with what waits; answers how many, 0 for none. Never waits. */
  receive(fd: number): number {
    return Math.max(0, this.#libc.recvmmsg(fd, this.#headers, this.places));
  }

  /** Bytes of the received message in this place. */
  lengthOf(place: number): number {
    const at = place * HEADER_BYTES + LENGTH_AT;
    return littleEndian ? this.#headers.readUInt32LE(at) : this.#headers.readUInt32BE(at);
  }
}

const THIRTY_TWO_BIT: ReadonlySet<string> = new Set(['arm', 'ia32', 'mips', 'mipsel', 'ppc', 's390']);

/** Never moved by the collector, as small buffers of the usual kind may be. */
function steady(length: number): Buffer {
  return Buffer.from(new ArrayBuffer(length));
}
