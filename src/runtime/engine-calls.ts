// SPDX-License-Identifier: MIT
import type { ApplyReport, ChangeSet } from '../change-set.js';
import { SluiceError } from '../errors.js';
import type { Backend, Observed } from '../plugin/api.js';
import type { Guard } from '../plugin/guard.js';
import type { VirtualService } from '../virtual-service.js';

const OBSERVE_TIMEOUT_MS = 30_000;
const APPLY_TIMEOUT_MS = 60_000;

/**
 * Every call of one backend: with a budget, and with its faults on its own account. All of them throw a
 * {@link SluiceError} with the sentence to tell, whether it is the backend's own, which is no fault, or ours.
 */
export class EngineCalls {
  readonly #name: string;
  readonly #backend: Backend;
  readonly #guard: Guard;
  readonly #abort = new AbortController();

  constructor(name: string, backend: Backend, guard: Guard) {
    this.#name = name;
    this.#backend = backend;
    this.#guard = guard;
  }

  observe(): Promise<Observed> {
    return this.#call(OBSERVE_TIMEOUT_MS, 'read back its rules', (signal) => this.#backend.observe(signal));
  }

  apply(change: ChangeSet): Promise<ApplyReport> {
    return this.#call(APPLY_TIMEOUT_MS, 'apply a change', (signal) => this.#backend.apply(change, signal));
  }

  async preflight(services: readonly VirtualService[]): Promise<readonly string[]> {
    const backend = this.#backend;
    if (backend.preflight === undefined) return [];
    return this.#call(OBSERVE_TIMEOUT_MS, 'look at this host', (signal) =>
      backend.preflight!(services, signal),
    );
  }

  /** The last call: others that are still out are broken off. */
  async release(mode: 'keep' | 'withdraw'): Promise<void> {
    this.#abort.abort();
    const release = (signal: AbortSignal): Promise<void> => this.#backend.release(mode, signal);
    await this.#call(APPLY_TIMEOUT_MS, 'let go of its rules', release, { last: true });
  }

  async #call<T>(
    timeoutMs: number,
    what: string,
    run: (signal: AbortSignal) => Promise<T>,
    { last = false }: { /** The end has come, and this call is part of it. */ readonly last?: boolean } = {},
  ): Promise<T> {
    const attempt = async (signal: AbortSignal): Promise<{ value: T } | { refusal: SluiceError }> => {
      try {
        return { value: await run(signal) };
      } catch (error) {
        if (error instanceof SluiceError) return { refusal: error };
        throw error;
      }
    };
    const result = await this.#guard.call(`backend/${this.#name}`, what, attempt, {
      timeoutMs,
      ...(last ? {} : { signal: this.#abort.signal }),
    });
    if (!result.ok) {
      if (result.fault === null) throw new Error('stopping');
      throw new SluiceError('SLUICE_PLUGIN_FAULT', `could not ${what}: ${result.fault.message}`);
    }
    if ('refusal' in result.value) throw result.value.refusal;
    return result.value.value;
  }
}
