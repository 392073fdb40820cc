// SPDX-License-Identifier: MIT
import type { Clock } from './api.js';
import { describeThrown, type Fault, type FaultKind, type Faults } from './faults.js';
import { running } from './running.js';

export interface GuardOptions {
  /** The call's budget; it is over then, whether or not the plugin heeds its signal. */
  readonly timeoutMs: number;
  /** Ends the call early: the generation retires, the daemon stops. */
  readonly signal?: AbortSignal;
}

/** What became of a call into a plugin. Faults are values here: nothing a plugin does makes `call` throw. */
export type Guarded<T> =
  | { readonly ok: true; readonly value: T; readonly tookMs: number }
  /** Without a fault: ended by `GuardOptions.signal`, which is nobody's fault. */
  | { readonly ok: false; readonly fault: Fault | null; readonly tookMs: number };

/** Made once: the making of an error costs more than many a call. */
const OVER = new DOMException('the call is over', 'AbortError');

/** Carries calls over the plugin boundary: each has a name, a budget and an end. */
export class Guard {
  readonly #faults: Faults;
  readonly clock: Clock;

  constructor(faults: Faults, clock: Clock) {
    this.#faults = faults;
    this.clock = clock;
  }

  /**
   * Calls a plugin and waits at most `timeoutMs` for what it returns. The signal handed to `run` aborts when
   * the call is over. What comes later is dropped; a late rejection is filed, never unhandled.
   * @param plugin `kind/name`
   * @param hook what is called, for people: `create`, `apply`, `dispose`
   */
  call<T>(
    plugin: string,
    hook: string,
    run: (signal: AbortSignal) => T | PromiseLike<T>,
    options: GuardOptions,
  ): Promise<Guarded<T>> {
    const startedMs = this.clock.monotonicMs();
    const abort = new AbortController();
    const { signal: outer, timeoutMs } = options;
    return new Promise((resolve) => {
      let over = false;
      const end = (result: { ok: true; value: T } | { ok: false; fault: Fault | null }): void => {
        over = true;
        timer[Symbol.dispose]();
        outer?.removeEventListener('abort', stop);
        resolve({ ...result, tookMs: this.clock.monotonicMs() - startedMs });
        abort.abort(OVER);
      };
      const fail = (kind: FaultKind, thrown: unknown): void => {
        const fault = this.#faults.add({ plugin, hook, kind, ...describeThrown(thrown) });
        if (!over) end({ ok: false, fault });
      };
      const stop = (): void => end({ ok: false, fault: null });
      const timer = this.clock.after(timeoutMs, () => {
        const message = `did not finish within ${timeoutMs} ms`;
        end({ ok: false, fault: this.#faults.add({ plugin, hook, kind: 'timeout', message }) });
      });
      if (outer?.aborted === true) {
        stop();
        return;
      }
      outer?.addEventListener('abort', stop, { once: true });
      let answer: T | PromiseLike<T>;
      try {
        answer = running(plugin, hook, this.#faults, () => run(abort.signal));
      } catch (error) {
        fail('throw', error);
        return;
      }
      Promise.resolve(answer).then(
        (value) => {
          if (!over) end({ ok: true, value });
        },
        (error: unknown) => {
          // Rejecting because it was told to stop is what a plugin should do.
          if (!over) fail('reject', error);
          else if (!isAbort(error, abort.signal)) fail('late', error);
        },
      );
    });
  }

  /** Calls a plugin that must answer at once. A promise is no answer: it is seen, filed and swallowed. */
  callSync<T>(plugin: string, hook: string, run: () => T): Guarded<T> {
    const startedMs = this.clock.monotonicMs();
    const tookMs = (): number => this.clock.monotonicMs() - startedMs;
    try {
      const value = running(plugin, hook, this.#faults, run);
      if (!isThenable(value)) return { ok: true, value, tookMs: tookMs() };
      Promise.resolve(value).then(
        () => undefined,
        (error: unknown) => this.#faults.add({ plugin, hook, kind: 'late', ...describeThrown(error) }),
      );
      const message = 'answered a synchronous hook with a promise';
      const fault = this.#faults.add({ plugin, hook, kind: 'async-in-sync', message });
      return { ok: false, fault, tookMs: tookMs() };
    } catch (error) {
      const fault = this.#faults.add({ plugin, hook, kind: 'throw', ...describeThrown(error) });
      return { ok: false, fault, tookMs: tookMs() };
    }
  }

  /** Files an answer that the contract does not know. */
  nonsense(plugin: string, hook: string, message: string): Fault {
    return this.#faults.add({ plugin, hook, kind: 'nonsense', message });
  }
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
