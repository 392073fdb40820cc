// SPDX-License-Identifier: MIT
/**
 * A check without a network, loaded into the daemon like anybody's: it passes, but for members that the
 * measurement has told to change, whose verdict is another one each time. It knows when it gave a verdict and hears
 * when the rules are in force, on one clock.
 */
import { createServer, type Server } from 'node:net';
import { defineCheck, type CheckOutcome } from 'sluice';

/** What the measurement asks, one word a connection; the answer is one JSON value. */
export type Order = 'flip' | 'rest' | 'rack-down' | 'rack-up' | 'report';

export interface Report {
  /** Verdicts that were others than before. */
  readonly flips: number;
  /** From each of them to the moment when the rules that follow from it are known to be in force; if watched. */
  readonly latenciesMs: readonly number[];
  /** Calls of the backend that the changes took. */
  readonly applies: number;
  readonly probes: number;
  /** Of the rack: from its verdict to the last change; null while changes are missing. */
  readonly rack: { readonly tookMs: number; readonly applies: number; readonly longestTurnMs: number } | null;
}

const PASS: CheckOutcome = { verdict: 'pass', reason: 'up' };
const FAIL: CheckOutcome = { verdict: 'fail', kind: 'refused', reason: 'down' };

class Board {
  readonly #rackSize: number;
  #flipping = false;
  #rackIsDown = false;
  #rackToldDown = false;
  #rackAt: number | null = null;
  #rackChanges = 0;
  #rackApplies = 0;
  #longestTurnMs = 0;
  #rack: Report['rack'] = null;
  readonly #down = new Set<string>();
  /** When a service's last verdict was given, until its rules are in force. */
  readonly #waiting = new Map<string, number>();
  #latenciesMs: number[] = [];
  #applies = 0;
  #probes = 0;
  #flips = 0;

  constructor(rackSize: number) {
    this.#rackSize = rackSize;
  }

  verdict(endpoint: string): CheckOutcome {
    this.#probes += 1;
    const [cluster = '', service = '', member] = endpoint.split('/');
    if (member !== 'm1') return PASS;
    if (cluster.startsWith('rack')) return this.#rackVerdict();
    if (!cluster.startsWith('flip')) return PASS;
    if (this.#flipping) {
      if (!this.#down.delete(endpoint)) this.#down.add(endpoint);
      this.#flips += 1;
      this.#waiting.set(`${cluster}/${service}`, performance.now());
    }
    return this.#down.has(endpoint) ? FAIL : PASS;
  }

  applied(services: readonly string[]): void {
    const now = performance.now();
    this.#applies += 1;
    let ofRack = 0;
    for (const service of services) {
      const at = this.#waiting.get(service);
      if (at !== undefined) this.#latenciesMs.push(now - at);
      this.#waiting.delete(service);
      if (service.startsWith('rack')) ofRack += 1;
    }
    if (this.#rackAt === null || ofRack === 0) return;
    this.#rackApplies += 1;
    this.#rackChanges += ofRack;
    if (this.#rackChanges < this.#rackSize) return;
    const tookMs = now - this.#rackAt;
    this.#rackAt = null;
    // The turn that is under way counts, too.
    setImmediate(() => {
      this.#rack = { tookMs, applies: this.#rackApplies, longestTurnMs: this.#longestTurnMs };
    });
  }

  carryOut(order: Order): Report | null {
    if (order === 'report') {
      return {
        flips: this.#flips,
        latenciesMs: this.#latenciesMs,
        applies: this.#applies,
        probes: this.#probes,
        rack: this.#rack,
      };
    }
    this.#flipping = order === 'flip';
    if (order === 'rack-down' || order === 'rack-up') {
      this.#rackToldDown = order === 'rack-down';
      this.#rack = null;
    }
    this.#latenciesMs = [];
    this.#applies = 0;
    this.#probes = 0;
    this.#flips = 0;
    return null;
  }

  #rackVerdict(): CheckOutcome {
    if (this.#rackIsDown !== this.#rackToldDown) {
      this.#rackIsDown = this.#rackToldDown;
      this.#rack = null;
      this.#rackAt = performance.now();
      this.#rackChanges = 0;
      this.#rackApplies = 0;
      this.#watchTurns();
    }
    return this.#rackIsDown ? FAIL : PASS;
  }

  #watchTurns(): void {
    this.#longestTurnMs = 0;
    let last = performance.now();
    const turn = (): void => {
      const now = performance.now();
      this.#longestTurnMs = Math.max(this.#longestTurnMs, now - last);
      last = now;
      if (this.#rackAt !== null) setImmediate(turn);
    };
    setImmediate(turn);
  }
}

let board: Board | null = null;
let server: Server | null = null;

export default defineCheck({
  name: 'flip',
  description: 'Passes, but for members that a measurement has told to change.',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['socket', 'rack', 'watch'],
    properties: {
      socket: { type: 'string', description: 'Where it takes orders.' },
      rack: { type: 'integer', description: 'How many services have a member in the rack.' },
      watch: { type: 'boolean', description: 'Whether it hears of rules in force, which costs the daemon.' },
    },
  },
  create(context, { socket, rack, watch }) {
    const known = (board ??= new Board(rack));
    if (server === null) {
      server = createServer((connection) => {
        connection.on('data', (text) =>
          connection.end(JSON.stringify(known.carryOut(String(text) as Order))),
        );
      });
      server.listen(socket).unref();
      if (watch) {
        context.hooks.afterApply(({ change }) => known.applied(change.changes.map(({ service }) => service)));
      }
    }
    return { probe: ({ endpoint }) => Promise.resolve(known.verdict(endpoint)) };
  },
});
