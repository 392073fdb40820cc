// SPDX-License-Identifier: MIT
import { Worker } from 'node:worker_threads';
import { SluiceError } from '../errors.js';
import { ConnectionMatch, type ConnectionFilter } from './connection-filter.js';
import type { TableAnswer, TableTask } from './connection-table-worker.js';
import type { ConnectionCount } from './conntrack.js';

interface Request {
  readonly action: TableTask['action'];
  readonly filter: ConnectionFilter;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The kernel's connection table, for hygiene and for counting. A thread walks over it, so that millions of foreign
 * entries cost the event loop nothing; requests that come while it walks share the next walk where they can.
 *
 * Everything rejects with SLUICE_PRIVILEGE, SLUICE_UNAVAILABLE or SLUICE_KERNEL, in words for the operator, and with
 * a RangeError for a filter that makes no sense. Idle, it doesn't keep the process alive.
 */
export class ConnectionTable implements AsyncDisposable {
  #worker: Worker | null = null;
  #waiting: Request[] = [];
  #running: readonly Request[] = [];
  readonly #idleMs: number;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  /** A thread without work ends after `idleMs` (10 s): it holds 14 MB. */
  constructor({ idleMs = 10_000 }: { readonly idleMs?: number } = {}) {
    this.#idleMs = idleMs;
  }

  /** Deletes the entries that match, some ten thousand a second at most; answers how many there were. */
  async delete(filter: ConnectionFilter): Promise<number> {
    return this.#ask<number>('delete', filter);
  }

  /** Counts the entries that match. */
  async count(filter: ConnectionFilter): Promise<ConnectionCount> {
    return this.#ask<ConnectionCount>('count', filter);
  }

  /** Breaks off what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#fail(new Error('the connection table is closed'));
    // The process waits for it to be gone.
    this.#worker?.ref();
    await this.#worker?.terminate();
  }

  async #ask<T>(action: TableTask['action'], filter: ConnectionFilter): Promise<T> {
    // Whoever asks nonsense hears of it alone.
    void new ConnectionMatch(filter);
    if (this.#closed) throw new Error('the connection table is closed');
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ action, filter, resolve, reject });
      // What is asked in the same turn goes together.
      queueMicrotask(() => this.#next());
    });
  }

  #next(): void {
    if (this.#running.length > 0 || this.#closed) return;
    const action = this.#waiting[0]?.action;
    if (action === undefined) {
      this.#rest();
      return;
    }
    clearTimeout(this.#idle);
    this.#running = this.#waiting.filter((request) => request.action === action);
    this.#waiting = this.#waiting.filter((request) => request.action !== action);
    this.#worker ??= this.#start();
    this.#worker.ref();
    const task: TableTask = { action, filters: this.#running.map(({ filter }) => filter) };
    this.#worker.postMessage(task);
  }

  #rest(): void {
    const worker = this.#worker;
    worker?.unref();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#worker = null;
      void worker?.terminate();
    }, this.#idleMs).unref();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./connection-table-worker.js', import.meta.url), { execArgv: [] });
    worker.on('message', (answer: TableAnswer) => this.#settle(answer));
    worker.once('error', (error) => {
      if (this.#worker === worker) this.#worker = null;
      this.#fail(error);
    });
    return worker;
  }

  #settle(answer: TableAnswer): void {
    const requests = this.#running;
    this.#running = [];
    if ('refusal' in answer) {
      const { code, message } = answer.refusal;
      for (const { reject } of requests) reject(new SluiceError(code, message));
    } else {
      for (const [index, { resolve }] of requests.entries()) resolve(answer.results[index] as never);
    }
    this.#next();
  }

  #fail(error: unknown): void {
    const requests = [...this.#running, ...this.#waiting];
    this.#running = [];
    this.#waiting = [];
    for (const { reject } of requests) reject(error);
  }
}
