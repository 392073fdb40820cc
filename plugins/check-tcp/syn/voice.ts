// SPDX-License-Identifier: MIT
import { MessageVector, SOCKET_ADDRESS, socketAddress } from 'sluice/kernel';
import type { Family } from 'sluice';
import { Ear, type Hear } from './ear.js';
import type { Mark } from './filters.js';
import type { Flight } from './flight.js';
import { Lane } from './lane.js';
import { SYN_BYTES, beginSyn, checksum, finishSyn } from './segment.js';

/** So many SYNs leave by one call. */
export const BATCH = 256;

/** All sockets of one address family: what hears, and what sends. */
export class Voice implements Disposable {
  readonly #family: Family;
  readonly #mark: Mark;
  readonly #ear: Ear;
  readonly #lanes = new Map<string, Lane>();
  readonly #vector: MessageVector;

  /** Throws a {@link SystemError}: EPERM without CAP_NET_RAW, EAFNOSUPPORT without the family. */
  constructor(family: Family, mark: Mark) {
    this.#family = family;
    this.#mark = mark;
    const { bytes } = SOCKET_ADDRESS[family];
    const nobody = socketAddress(family, family === 4 ? '0.0.0.0' : '::', 0);
    this.#vector = new MessageVector({ places: BATCH, dataBytes: SYN_BYTES, nameBytes: bytes });
    for (let place = 0; place < BATCH; place += 1) {
      beginSyn(this.#vector.data, place * SYN_BYTES, mark.port, mark.tag);
      this.#vector.names.set(nobody, place * bytes);
    }
    this.#ear = new Ear(family, mark);
  }

  /** Hands over the answers that have arrived. */
  drainAnswers(hear: Hear): void {
    this.#ear.drainAnswers(hear);
  }

  /** Hands over the word that has arrived of SYNs that can't be delivered. */
  drainErrors(hear: Hear): void {
    this.#ear.drainErrors(hear);
  }

  /**
   * Sends a SYN for each flight, at most {@link BATCH} of one way out. Tells which ones the system refuses, and
   * goes on with the rest; what finds no room in the socket's buffer is left unsent.
   */
  send(flights: readonly Flight[], nowMs: number, refused: (flight: Flight, error: unknown) => void): void {
    const [first] = flights;
    if (first === undefined) return;
    let lane: Lane;
    try {
      lane = this.#lane(first);
    } catch (error) {
      for (const flight of flights) refused(flight, error);
      return;
    }
    let sound = true;
    const refusedByLane = (flight: Flight, error: unknown): void => {
      sound = false;
      refused(flight, error);
    };
    const placed: Flight[] = [];
    for (const flight of flights) {
      try {
        this.#place(placed.length, flight, lane, nowMs);
        placed.push(flight);
      } catch (error) {
        refusedByLane(flight, error);
      }
    }
    this.#flush(placed, lane.fd, refusedByLane);
    // What the lane stands on may have gone and come back: an interface, an address.
    if (!sound) this.#close(first.peer.way);
  }

  [Symbol.dispose](): void {
    for (const way of this.#lanes.keys()) this.#close(way);
    this.#ear[Symbol.dispose]();
  }

  #place(place: number, { peer, cookie }: Flight, lane: Lane, nowMs: number): void {
    const { bytes, addressAt } = SOCKET_ADDRESS[this.#family];
    const sum = this.#family === 4 ? checksum(peer.checksumBase(lane, this.#mark, nowMs), cookie) : 0;
    finishSyn(this.#vector.data, place * SYN_BYTES, peer.port, cookie, sum);
    const at = place * bytes + addressAt;
    for (let word = 0; word < peer.words.length; word += 1) {
      this.#vector.names.writeUInt32BE(peer.words[word]!, at + word * 4);
    }
  }

  #flush(placed: readonly Flight[], fd: number, refused: (flight: Flight, error: unknown) => void): void {
    let next = 0;
    while (next < placed.length) {
      let taken: number;
      try {
        taken = this.#vector.send(fd, next, placed.length);
      } catch (error) {
        const flight = placed[next]!;
        next += 1;
        refused(flight, error);
        continue;
      }
      if (taken <= 0) return;
      for (const end = next + taken; next < end; next += 1) placed[next]!.sent = true;
    }
  }

  #lane({ peer: { way }, target }: Flight): Lane {
    let lane = this.#lanes.get(way);
    if (lane === undefined) {
      lane = new Lane(this.#family, target, this.#ear.fd);
      this.#lanes.set(way, lane);
    }
    return lane;
  }

  #close(way: string): void {
    this.#lanes.get(way)?.[Symbol.dispose]();
    this.#lanes.delete(way);
  }
}
