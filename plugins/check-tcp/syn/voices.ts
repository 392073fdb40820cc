// SPDX-License-Identifier: MIT
import { randomInt } from 'node:crypto';
import type { Family } from 'sluice';
import type { Hear } from './ear.js';
import { Exemption } from './exemption.js';
import type { Mark } from './filters.js';
import type { Flight } from './flight.js';
import { SourcePort } from './source-port.js';
import { BATCH, Voice } from './voice.js';

/** What becomes of SYNs that are being sent. */
export interface Sending {
  /** The system does not take this one. */
  readonly refused: (flight: Flight, error: unknown) => void;
  /** A good moment to listen. */
  readonly batchSent: () => void;
}

/** Everything of the system's that SYN probes need: a port, sockets of either family, and rules of their own. */
export class Voices implements Disposable {
  readonly #port = new SourcePort();
  readonly #mark: Mark = { port: this.#port.port, tag: randomInt(0x10000) };
  readonly #byFamily = new Map<Family, Voice>();
  readonly #exemption: Exemption;

  /** Touches nothing that others see. Throws a {@link SystemError} where a right or a part of the kernel is missing. */
  constructor() {
    try {
      this.#voice(4);
      this.#exemption = new Exemption(this.#mark);
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  /** Puts the rules in force that keep the probes out of the connection table. */
  install(): void {
    this.#exemption.install();
  }

  send(flights: readonly Flight[], nowMs: number, sending: Sending): void {
    for (const together of byWay(flights)) {
      const [first] = together;
      if (first === undefined) continue;
      let voice: Voice;
      try {
        voice = this.#voice(first.target.family);
      } catch (error) {
        for (const flight of together) sending.refused(flight, error);
        continue;
      }
      for (let at = 0; at < together.length; at += BATCH) {
        voice.send(together.slice(at, at + BATCH), nowMs, sending.refused);
        sending.batchSent();
      }
    }
  }

  /** Hands over the answers that have arrived; never waits. */
  drainAnswers(hear: Hear): void {
    for (const voice of this.#byFamily.values()) voice.drainAnswers(hear);
  }

  /** The same for word of SYNs that can't be delivered. */
  drainErrors(hear: Hear): void {
    for (const voice of this.#byFamily.values()) voice.drainErrors(hear);
  }

  [Symbol.dispose](): void {
    this.#exemption[Symbol.dispose]();
    this.#close();
  }

  #voice(family: Family): Voice {
    let voice = this.#byFamily.get(family);
    if (voice === undefined) {
      voice = new Voice(family, this.#mark);
      this.#byFamily.set(family, voice);
    }
    return voice;
  }

  #close(): void {
    for (const voice of this.#byFamily.values()) voice[Symbol.dispose]();
    this.#port[Symbol.dispose]();
  }
}

/** Those that can leave by one call, together; most often that is all of them. */
function byWay(flights: readonly Flight[]): readonly (readonly Flight[])[] {
  const way = flights[0]?.peer.way;
  if (flights.every(({ peer }) => peer.way === way)) return [flights];
  const ways = new Map<string, Flight[]>();
  for (const flight of flights) {
    const together = ways.get(flight.peer.way);
    if (together === undefined) ways.set(flight.peer.way, [flight]);
    else together.push(flight);
  }
  return [...ways.values()];
}
