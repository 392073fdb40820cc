// SPDX-License-Identifier: MIT
import { randomFillSync } from 'node:crypto';
import type { CheckOutcome, CheckTarget } from 'sluice';
import type { Peer } from './peer.js';
import { LAST_COOKIE } from './segment.js';
import type { Volley } from './volley.js';

/** Whoever asked for probes: gets the outcomes, or hears why there will be none. */
export interface Asker {
  report(target: CheckTarget, outcome: CheckOutcome): void;
  fail(error: unknown): void;
}

/** A SYN on its way, and the probe that it is. */
export interface Flight {
  readonly asker: Asker;
  readonly target: CheckTarget;
  readonly peer: Peer;
  readonly volley: Volley;
  /** The lower half of its sequence number, by which its answer is known. */
  readonly cookie: number;
  readonly startMs: number;
  /** Whether the kernel has taken it. */
  sent: boolean;
  landed: boolean;
}

const PLACES = LAST_COOKIE + 1;

/**
 * All flights by their cookies, which are drawn by chance and never shared: an answer that was forged, or that
 * belongs to a probe of long ago, has to guess one.
 */
export class FlightTable {
  readonly #places = Array.from<Flight | undefined>({ length: PLACES });
  readonly #drawn = new Uint16Array(4096);
  #next = this.#drawn.length;
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** A free cookie, or null when as many are on their way as there are. */
  draw(): number | null {
    if (this.#count >= PLACES) return null;
    if (this.#next === this.#drawn.length) {
      randomFillSync(this.#drawn);
      this.#next = 0;
    }
    let cookie = this.#drawn[this.#next]! % PLACES;
    this.#next += 1;
    while (this.#places[cookie] !== undefined) cookie = (cookie + 1) % PLACES;
    return cookie;
  }

  add(flight: Flight): void {
    this.#places[flight.cookie] = flight;
    this.#count += 1;
  }

  get(cookie: number): Flight | undefined {
    return this.#places[cookie];
  }

  /** Its cookie is free again. */
  remove(flight: Flight): void {
    if (flight.landed) return;
    flight.landed = true;
    flight.volley.landed();
    this.#places[flight.cookie] = undefined;
    this.#count -= 1;
  }
}
