// SPDX-License-Identifier: MIT
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Cluster, Member, Service } from '../../model.js';
import type { Compiled } from '../compile.js';
import type { Surroundings } from '../default-paths.js';
import type { PluginOracle } from '../plugin-facts.js';
import type { ConfigInput } from '../read-files.js';
import type { Head, Question, Slice, Task, ToMain, ToWorker } from './messages.js';
import { Sharing } from './sharing.js';

/**
 * Does what `compileConfig` does, in a thread of its own: the main thread only answers for plugins, and takes
 * the outcome in pieces with a turn of the event loop between them.
 */
export async function readInWorker(
  input: ConfigInput,
  oracle: PluginOracle,
  surroundings: Surroundings,
): Promise<Compiled> {
  const task: Task = { input, surroundings };
  const worker = new Worker(new URL('./config-worker.js', import.meta.url), { workerData: task });
  try {
    return await new Reception(worker, oracle).outcome();
  } finally {
    await worker.terminate();
  }
}

class Reception {
  readonly #worker: Worker;
  readonly #oracle: PluginOracle;
  readonly #clusters: { name: string; members: readonly Member[]; services: readonly Service[] }[] = [];
  readonly #sharing = new Sharing();

  constructor(worker: Worker, oracle: PluginOracle) {
    this.#worker = worker;
    this.#oracle = oracle;
  }

  async outcome(): Promise<Compiled> {
    const head = await this.#head();
    for (const name of head.clusters) this.#clusters.push({ name, members: [], services: [] });
    for (let slice = await this.#next(); slice !== null; slice = await this.#next()) this.#take(slice);
    const clusters: readonly Cluster[] = this.#clusters;
    const { diagnostics, sources } = head;
    return { diagnostics, sources, config: head.config === null ? null : { ...head.config, clusters } };
  }

  /** Answers questions until the worker is done with reading. */
  async #head(): Promise<Head> {
    for (;;) {
      const message = await this.#receive();
      if (message.is === 'head') return message.head;
      if (message.is !== 'question') throw new Error('the configuration worker spoke out of turn');
      this.#send({ is: 'answer', id: message.id, answer: await this.#answer(message.question) });
    }
  }

  async #next(): Promise<Slice | null> {
    await setImmediate();
    this.#send({ is: 'next' });
    const message = await this.#receive();
    if (message.is !== 'slice') throw new Error('the configuration worker spoke out of turn');
    return message.slice === null ? null : (JSON.parse(message.slice) as Slice);
  }

  #take(slice: Slice): void {
    for (const { cluster, members, services } of slice) {
      for (const member of members) this.#sharing.within(member);
      for (const service of services) {
        this.#sharing.within(service, 'endpoints');
        for (const endpoint of service.endpoints) this.#sharing.within(endpoint);
      }
      const whole = this.#clusters[cluster]!;
      whole.members = [...whole.members, ...members];
      whole.services = [...whole.services, ...services];
    }
  }

  #answer(question: Question): Promise<unknown> {
    switch (question.method) {
      case 'load':
        return this.#oracle.load(question.specifiers, question.directory);
      case 'names':
        return this.#oracle.names(question.kind);
      case 'facts':
        return this.#oracle.facts(question.kind, question.name);
      case 'validate':
        return this.#oracle.validate(question.kind, question.name, question.options);
      default:
        throw new Error('the configuration worker asked what nobody knows');
    }
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** The worker asks one thing at a time and waits; its own failure rejects. */
  async #receive(): Promise<ToMain> {
    const ended = new AbortController();
    const exit = once(this.#worker, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('the configuration worker ended without an outcome');
    });
    try {
      const [message]: ToMain[] = await Promise.race([once(this.#worker, 'message'), exit]);
      if (message === undefined) throw new Error('the configuration worker said nothing');
      return message;
    } finally {
      exit.catch(() => undefined);
      ended.abort();
    }
  }
}
