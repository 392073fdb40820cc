// SPDX-License-Identifier: MIT
import type { MessagePort } from 'node:worker_threads';
import type { OptionProblem } from '../../plugin/api.js';
import type { FactsAnswer, NamedKind, PluginOracle } from '../plugin-facts.js';
import type { Question, ToMain, ToWorker } from './messages.js';

/** Puts every question to the main thread. */
export class RemoteOracle implements PluginOracle {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, (answer: never) => void>();
  #last = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (message: ToWorker) => {
      if (message.is !== 'answer') return;
      const resolve: ((answer: never) => void) | undefined = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (resolve !== undefined) Reflect.apply(resolve, undefined, [message.answer]);
    });
  }

  load(specifiers: readonly string[], directory: string): Promise<readonly (string | null)[]> {
    return this.#ask({ method: 'load', specifiers, directory });
  }

  names(kind: NamedKind): Promise<readonly string[]> {
    return this.#ask({ method: 'names', kind });
  }

  facts(kind: NamedKind, name: string): Promise<FactsAnswer> {
    return this.#ask({ method: 'facts', kind, name });
  }

  validate(kind: NamedKind, name: string, options: unknown): Promise<readonly OptionProblem[]> {
    return this.#ask({ method: 'validate', kind, name, options });
  }

  /** The answer is what the oracle of the main thread returned for the same call. */
  #ask<T>(question: Question): Promise<T> {
    this.#last += 1;
    const id = this.#last;
    return new Promise<T>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#port.postMessage({ is: 'question', id, question } satisfies ToMain);
    });
  }
}
