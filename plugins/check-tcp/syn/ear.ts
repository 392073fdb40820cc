// SPDX-License-Identifier: MIT
import { IPPROTO_TCP, MessageVector, SOCKET_ADDRESS, loadLibc } from 'sluice/kernel';
import type { Family } from 'sluice';
import {
  ANSWER_BYTES,
  ICMP_BYTES,
  QUOTED_IP,
  QUOTED_TCP6,
  type Mark,
  answerFilter,
  ipHeaderBytes,
  unreachableFilter,
} from './filters.js';
import { openRaw } from './raw-socket.js';
import { ACKNOWLEDGEMENT, DESTINATION_PORT, FLAGS, SEQUENCE, SOURCE_PORT, SYN } from './segment.js';
import { type Sign, unreachableSign } from './sign.js';

/** `address` holds the member's address from `addressAt` on; it is good for the length of the call. */
export type Hear = (sign: Sign, cookie: number, port: number, address: Buffer, addressAt: number) => void;

const PLACES = 256;
const IPPROTO_ICMP = { 4: 1, 6: 58 } as const;
const IP4_SOURCE = 12;
const IP4_DESTINATION = 16;
const IP6_DESTINATION = 24;

/** Hears what comes back for our SYNs in one address family: their answers, and word that they can't be delivered. */
export class Ear implements Disposable {
  /** Its socket can send SYNs, too. */
  readonly fd: number;
  readonly #icmpFd: number;
  readonly #family: Family;
  readonly #answers: MessageVector;
  readonly #icmp: MessageVector;

  /** Throws a {@link SystemError}: EPERM without CAP_NET_RAW, EAFNOSUPPORT without the family. */
  constructor(family: Family, mark: Mark) {
    this.#family = family;
    // A raw IPv6 socket does not show the IP header: the sender comes as the message's address.
    const nameBytes = family === 4 ? 0 : SOCKET_ADDRESS[6].bytes;
    this.#answers = new MessageVector({ places: PLACES, dataBytes: ANSWER_BYTES[family], nameBytes });
    this.#icmp = new MessageVector({ places: PLACES, dataBytes: ICMP_BYTES[family], nameBytes: 0 });
    this.fd = openRaw(family, IPPROTO_TCP, answerFilter(family, mark));
    try {
      this.#icmpFd = openRaw(family, IPPROTO_ICMP[family], unreachableFilter(family, mark));
    } catch (error) {
      loadLibc().close(this.fd);
      throw error;
    }
  }

  /** Hands over all that has arrived; never waits. */
  drainAnswers(hear: Hear): void {
    drainInto(this.fd, this.#answers, (place) => this.#hearAnswer(place, hear));
  }

  /** The same for errors, which are never so urgent. */
  drainErrors(hear: Hear): void {
    drainInto(this.#icmpFd, this.#icmp, (place) => this.#hearIcmp(place, hear));
  }

  [Symbol.dispose](): void {
    loadLibc().close(this.fd);
    loadLibc().close(this.#icmpFd);
  }

  #hearAnswer(place: number, hear: Hear): void {
    const { data, names } = this.#answers;
    const start = place * ANSWER_BYTES[this.#family];
    const tcp = this.#family === 4 ? start + ipHeaderBytes(data, start) : start;
    // One more than what was sent.
    const cookie = data.readUInt16BE(tcp + ACKNOWLEDGEMENT + 2) - 1;
    const sign = (data[tcp + FLAGS]! & SYN) === 0 ? 'reset' : 'syn-ack';
    const port = data.readUInt16BE(tcp + SOURCE_PORT);
    if (this.#family === 4) hear(sign, cookie, port, data, start + IP4_SOURCE);
    else hear(sign, cookie, port, names, place * SOCKET_ADDRESS[6].bytes + SOCKET_ADDRESS[6].addressAt);
  }

  #hearIcmp(place: number, hear: Hear): void {
    const { data } = this.#icmp;
    const start = place * ICMP_BYTES[this.#family];
    const icmp = this.#family === 4 ? start + ipHeaderBytes(data, start) : start;
    const sign = unreachableSign(this.#family, data[icmp + 1]!);
    if (sign === null) return;
    const quoted = icmp + QUOTED_IP;
    const tcp = this.#family === 4 ? quoted + ipHeaderBytes(data, quoted) : icmp + QUOTED_TCP6;
    const cookie = data.readUInt16BE(tcp + SEQUENCE + 2);
    const port = data.readUInt16BE(tcp + DESTINATION_PORT);
    hear(sign, cookie, port, data, quoted + (this.#family === 4 ? IP4_DESTINATION : IP6_DESTINATION));
  }
}

function drainInto(fd: number, vector: MessageVector, take: (place: number) => void): void {
  for (;;) {
    const count = vector.receive(fd);
    for (let place = 0; place < count; place += 1) take(place);
    if (count < vector.places) return;
  }
}
