// SPDX-License-Identifier: MIT
import { SOCKET_ADDRESS, socketAddress } from 'sluice/kernel';
import type { CheckTarget } from 'sluice';
import type { Mark } from './filters.js';
import type { Lane } from './lane.js';
import { checksumBase } from './segment.js';

/** How long a source address is believed; a probe without an answer has it read anew at once. */
const SOURCE_MS = 10_000;

/** What is worked out once for a target that is probed again and again. */
export class Peer {
  /** Where its packets go, as a socket address in 32-bit words from the address on. */
  readonly words: readonly number[];
  /** So many of them are the address, by which its answers are known; a zone may follow. */
  readonly #addressWords: number;
  readonly #address: string;
  readonly port: number;
  /** Names the way out that its target asks for: those of one way can leave by one call. */
  readonly way: string;
  #base = 0;
  #baseAtMs = Number.NEGATIVE_INFINITY;

  constructor({ address, family, port, source, fwmark }: CheckTarget) {
    this.#address = address;
    this.#addressWords = family === 4 ? 1 : 4;
    const name = Buffer.from(socketAddress(family, address, 0));
    const { bytes, addressAt } = SOCKET_ADDRESS[family];
    const count = (bytes - addressAt) / 4;
    this.words = Array.from({ length: count }, (_, word) => name.readUInt32BE(addressAt + word * 4));
    this.port = port;
    this.way = `${family} ${source ?? ''} ${fwmark ?? ''}`;
  }

  /** Whether an answer from this port, and the address that stands in `bytes` from `at` on, is the peer's. */
  isFrom(port: number, bytes: Buffer, at: number): boolean {
    if (port !== this.port) return false;
    for (let word = 0; word < this.#addressWords; word += 1) {
      if (this.words[word] !== bytes.readUInt32BE(at + word * 4)) return false;
    }
    return true;
  }

  /** The checksum but for the cookie (IPv4). Throws the system's error where no route leads there. */
  checksumBase(lane: Lane, { port, tag }: Mark, nowMs: number): number {
    if (nowMs - this.#baseAtMs > SOURCE_MS) {
      this.#base = checksumBase(lane.sourceTo(this.#address), this.words[0]!, port, this.port, tag);
      this.#baseAtMs = nowMs;
    }
    return this.#base;
  }

  /** The source address may be another by now. */
  doubtSource(): void {
    this.#baseAtMs = Number.NEGATIVE_INFINITY;
  }
}
