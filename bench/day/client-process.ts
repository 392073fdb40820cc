// SPDX-License-Identifier: MIT
/**
 * The process behind `Clients`: rows of clients, each of which connects to one service after the other, at random, and
 * reads who answers.
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../kit/targets.js';

const ROWS = 8;
const PAUSE_MS = 25;
const TIMEOUT_MS = 3000;

export type ClientOrder = { readonly services: readonly Target[] } | 'stop';

export interface Failure {
  /** The service's place in the order. */
  readonly service: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: string;
}

export interface ClientReport {
  readonly answered: number;
  /** By the service's place and who answered: `3 10.9.2.11:10003`. */
  readonly answers: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

/**
 * Source ports in turn, below those that the system hands out by itself: one that is used again too soon would meet
 * its old entry in the connection table.
 */
const PORTS = { first: 10_000, last: 32_000 } as const;
let lastPort: number = PORTS.last;

const answers = new Map<string, number>();
const failures: Failure[] = [];
let answered = 0;
const stop = new AbortController();

/** Who answers; an error when nobody does. */
function ask({ address, port }: Target): Promise<string> {
  lastPort = lastPort === PORTS.last ? PORTS.first : lastPort + 1;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, localPort: lastPort, timeout: TIMEOUT_MS });
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    socket.on('timeout', () => socket.destroy(new Error('timeout')));
    socket.on('error', reject);
    socket.on('end', () => {
      // By reset: this many connections must not use up the ports as TIME_WAIT.
      socket.resetAndDestroy();
      if (text.endsWith('\n')) resolve(text.trimEnd());
      else reject(new Error('cut short'));
    });
  });
}

async function row(services: readonly Target[]): Promise<void> {
  while (!stop.signal.aborted) {
    const service = Math.floor(Math.random() * services.length);
    const fromMs = Date.now();
    try {
      const key = `${service} ${await ask(services[service]!)}`;
      answers.set(key, (answers.get(key) ?? 0) + 1);
      answered += 1;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      failures.push({ service, fromMs, toMs: Date.now(), kind: code ?? message });
    }
    await sleep(PAUSE_MS);
  }
}

let rows: Promise<unknown> = Promise.resolve();
process.on('message', (order: ClientOrder) => {
  if (order !== 'stop') {
    rows = Promise.all(Array.from({ length: ROWS }, () => row(order.services)));
    return;
  }
  stop.abort();
  void rows.then(() => {
    const report: ClientReport = { answered, answers: Object.fromEntries(answers), failures };
    process.send?.(report);
  });
});
process.on('disconnect', () => process.exit(0));
