// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Clock } from 'sluice';
import { fail, inconclusive, outcomeOfError } from '../../outcome.js';
import type { Hear } from './ear.js';
import { type Asker, type Flight, FlightTable } from './flight.js';
import { LookTimer } from './look-timer.js';
import { Peer } from './peer.js';
import { outcomeOfSign } from './sign.js';
import { Volley } from './volley.js';
import type { Voices } from './voices.js';

/** What SYNs leave by and answers come in by. */
export type Air = Pick<Voices, 'send' | 'drainAnswers' | 'drainErrors'>;

/** The longer the youngest SYN without an answer has been out, the less a moment more matters. */
const LOOKS_PER_AGE = 8;
const SOONEST_LOOK_MS = 1;
const LATEST_LOOK_MS = 20;

const SHORT_OF_BUFFERS = 'this host is short of socket buffers: the SYN could not be sent';
const TOO_MANY = 'too many probes are on their way at once';

/** Probes by bare SYNs: sends them, hears the answers, tries once more, and calls time. */
export class SynProber implements Disposable {
  readonly #clock: Clock;
  readonly #air: Air;
  readonly #flights = new FlightTable();
  readonly #volleys = new Set<Volley>();
  readonly #peers = new WeakMap<CheckTarget, Peer>();
  readonly #timer: LookTimer;
  #nextDueMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, air: Air) {
    this.#clock = clock;
    this.#air = air;
    this.#timer = new LookTimer(clock, () => this.#look());
  }

  /** Sends a SYN to each target; their outcomes come by the asker's `report`, some of them before this returns. */
  send(asker: Asker, targets: readonly CheckTarget[]): void {
    const nowMs = this.#clock.monotonicMs();
    let volley: Volley | null = null;
    const flights: Flight[] = [];
    for (const target of targets) {
      const peer = this.#peer(target, asker);
      if (peer === null) continue;
      const cookie = this.#flights.draw();
      if (cookie === null) {
        asker.report(target, inconclusive(TOO_MANY));
        continue;
      }
      if (volley?.timeoutMs !== target.timeoutMs) volley = this.#volley(target, nowMs);
      const flight = { asker, target, peer, volley, cookie, startMs: nowMs, sent: false, landed: false };
      this.#flights.add(flight);
      volley.add(flight);
      flights.push(flight);
    }
    this.#transmit(flights, nowMs);
    this.#lookLater(nowMs);
  }

  /** Forgets the flights of one who is no longer interested. */
  forget(asker: Asker): void {
    for (const volley of this.#volleys) {
      for (const flight of volley.flying()) if (flight.asker === asker) this.#land(flight, null);
    }
    if (this.#flights.size === 0) this.#timer.cancel();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #volley(target: CheckTarget, nowMs: number): Volley {
    const volley = new Volley(target, nowMs);
    this.#volleys.add(volley);
    this.#nextDueMs = Math.min(this.#nextDueMs, volley.dueMs);
    return volley;
  }

  /** Null where the address is none that can be sent to; the asker has been told. */
  #peer(target: CheckTarget, asker: Asker): Peer | null {
    const known = this.#peers.get(target);
    if (known !== undefined) return known;
    try {
      const peer = new Peer(target);
      // A zone is an interface's number, which may be another's by tomorrow.
      if (!target.address.includes('%')) this.#peers.set(target, peer);
      return peer;
    } catch (error) {
      asker.report(target, outcomeOfError(error));
      return null;
    }
  }

  #transmit(flights: readonly Flight[], nowMs: number): void {
    if (flights.length === 0) return;
    this.#air.send(flights, nowMs, {
      refused: (flight, error) => {
        flight.peer.doubtSource();
        this.#land(flight, outcomeOfError(error));
      },
      // On this host, and on a fast wire, the answers are there already.
      batchSent: () => this.#air.drainAnswers(this.#heard),
    });
  }

  readonly #heard: Hear = (sign, cookie, port, address, addressAt) => {
    const flight = this.#flights.get(cookie);
    if (flight?.peer.isFrom(port, address, addressAt) !== true) return;
    this.#land(flight, outcomeOfSign(sign, this.#clock.monotonicMs() - flight.startMs));
  };

  /** What has arrived counts, however late we look; only then time is called. */
  #look(): void {
    try {
      this.#air.drainAnswers(this.#heard);
      this.#air.drainErrors(this.#heard);
      const nowMs = this.#clock.monotonicMs();
      if (nowMs >= this.#nextDueMs) this.#seeToVolleys(nowMs);
      this.#lookLater(nowMs);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #seeToVolleys(nowMs: number): void {
    this.#nextDueMs = Number.POSITIVE_INFINITY;
    for (const volley of this.#volleys) {
      const due = volley.due(nowMs);
      if (due === 'overdue') for (const flight of volley.flying()) this.#callTime(flight);
      else if (due === 'second-try') this.#tryAgain(volley.flying(), nowMs);
      if (!volley.empty) this.#nextDueMs = Math.min(this.#nextDueMs, volley.dueMs);
    }
  }

  #tryAgain(flights: readonly Flight[], nowMs: number): void {
    for (const { peer } of flights) peer.doubtSource();
    this.#transmit(flights, nowMs);
  }

  #callTime(flight: Flight): void {
    flight.peer.doubtSource();
    const { timeoutMs } = flight.target;
    const outcome = flight.sent
      ? fail('timeout', `no answer to SYN within ${timeoutMs} ms`)
      : inconclusive(SHORT_OF_BUFFERS);
    this.#land(flight, outcome);
  }

  #land(flight: Flight, outcome: CheckOutcome | null): void {
    if (flight.landed) return;
    this.#flights.remove(flight);
    if (flight.volley.empty) this.#volleys.delete(flight.volley);
    if (outcome !== null) flight.asker.report(flight.target, outcome);
  }

  #lookLater(nowMs: number): void {
    if (this.#flights.size === 0) {
      this.#timer.cancel();
      return;
    }
    let ageMs = Number.POSITIVE_INFINITY;
    for (const { sentMs } of this.#volleys) ageMs = Math.min(ageMs, nowMs - sentMs);
    const pauseMs = Math.min(LATEST_LOOK_MS, Math.max(SOONEST_LOOK_MS, ageMs / LOOKS_PER_AGE));
    this.#timer.by(Math.min(nowMs + pauseMs, this.#nextDueMs), nowMs);
  }

  /** A socket that can't be read any more: whoever waits hears of it and may start anew. */
  #giveUp(error: unknown): void {
    const askers = new Set([...this.#volleys].flatMap((volley) => volley.flying().map(({ asker }) => asker)));
    for (const asker of askers) {
      this.forget(asker);
      asker.fail(error);
    }
  }
}
