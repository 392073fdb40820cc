// SPDX-License-Identifier: MIT
import type { ApplyFailure, ApplyReport, ChangeSet, ServiceChange } from '../change-set.js';
import { equalData } from '../desired/equal.js';
import type { Capabilities, Observed } from '../plugin/api.js';
import { unsupportedIn } from '../plugin/unsupported.js';
import type { VirtualService } from '../virtual-service.js';

export type FakeMethod = 'observe' | 'apply' | 'release';

/** What goes wrong in one call. */
export type FakeTrouble =
  /** The engine refuses changes (all, or those of `keys`) and says so in the report; the rest is applied. */
  | {
      readonly kind: 'fail';
      readonly code: string;
      readonly message?: string;
      readonly keys?: readonly string[];
    }
  | { readonly kind: 'throw'; readonly error: Error }
  /** Never answers; rejects when its signal aborts, unless `deaf`. */
  | { readonly kind: 'hang'; readonly deaf?: boolean }
  /** Carries out the first `changes` changes, then throws: the caller can't know how far it came. */
  | { readonly kind: 'tear'; readonly changes: number; readonly error: Error }
  /** Says that all was applied and keeps nothing of it. */
  | { readonly kind: 'lie' };

export interface FakeCall {
  readonly method: FakeMethod;
  /** Of `apply`. */
  readonly change?: ChangeSet;
  /** Of `release`. */
  readonly mode?: 'keep' | 'withdraw';
}

/**
 * An engine in memory that outlives the backends made on it, as a kernel outlives the daemon. It is strict: a
 * change whose `before` isn't what it holds fails with ESTALE.
 */
export class FakeEngine {
  /** What it holds, by key. Writing here is foreign interference that nobody is told of. */
  readonly services = new Map<string, VirtualService>();
  /** Every call of every backend on this engine, in order. */
  readonly calls: FakeCall[] = [];
  readonly #troubles: Record<FakeMethod, FakeTrouble[]> = { observe: [], apply: [], release: [] };
  readonly #listeners = new Set<(what: string) => void>();
  readonly #can: Capabilities | null;

  /** @param can refuses services that ask for more; null: takes everything */
  constructor(can: Capabilities | null = null) {
    this.#can = can;
  }

  /** The changes asked for so far, in order, whatever became of them. */
  get changes(): readonly ServiceChange[] {
    return this.calls.flatMap(({ change }) => change?.changes ?? []);
  }

  /** The next `times` calls of `method` go wrong this way, after those already arranged. */
  arrange(method: FakeMethod, trouble: FakeTrouble, times = 1): void {
    for (let time = 0; time < times; time += 1) this.#troubles[method].push(trouble);
  }

  /** Somebody else changes what is held, and the engine tells of it. */
  interfere(what: string, change: (services: Map<string, VirtualService>) => void): void {
    change(this.services);
    for (const listener of this.#listeners) listener(what);
  }

  listen(listener: (what: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async observe(signal: AbortSignal): Promise<Observed> {
    await this.#begin({ method: 'observe' }, signal);
    return { services: structuredClone([...this.services.values()]) };
  }

  async apply(change: ChangeSet, signal: AbortSignal): Promise<ApplyReport> {
    const trouble = await this.#begin({ method: 'apply', change }, signal);
    const { changes } = change;
    if (trouble?.kind === 'lie') return { applied: changes.map(({ key }) => key), failed: [] };
    const applied: string[] = [];
    const failed: ApplyFailure[] = [];
    for (const [index, one] of changes.entries()) {
      if (trouble?.kind === 'tear' && index >= trouble.changes) throw trouble.error;
      const failure = refusal(one, trouble) ?? this.#carryOut(one);
      if (failure === null) applied.push(one.key);
      else failed.push(failure);
    }
    return { applied, failed };
  }

  async release(mode: 'keep' | 'withdraw', signal: AbortSignal): Promise<void> {
    await this.#begin({ method: 'release', mode }, signal);
    if (mode === 'withdraw') this.services.clear();
  }

  /** Settles on a later turn, as a real engine would. */
  async #begin(call: FakeCall, signal: AbortSignal): Promise<FakeTrouble | undefined> {
    this.calls.push(structuredClone(call));
    await new Promise(setImmediate);
    const trouble = this.#troubles[call.method].shift();
    if (trouble?.kind === 'throw') throw trouble.error;
    if (trouble?.kind === 'hang') await hang(trouble.deaf === true ? null : signal);
    signal.throwIfAborted();
    return trouble;
  }

  #carryOut({ key, before, after }: ServiceChange): ApplyFailure | null {
    if (!equalData(this.services.get(key) ?? null, before)) {
      return { key, code: 'ESTALE', message: `the change of ${key} starts from something else than is held` };
    }
    const what = after === null || this.#can === null ? null : unsupportedIn(after, this.#can);
    if (what !== null) return { key, code: 'EOPNOTSUPP', message: `the engine does not support ${what}` };
    if (after === null) this.services.delete(key);
    else this.services.set(key, structuredClone(after));
    return null;
  }
}

function refusal({ key }: ServiceChange, trouble: FakeTrouble | undefined): ApplyFailure | null {
  if (trouble?.kind !== 'fail' || trouble.keys?.includes(key) === false) return null;
  return { key, code: trouble.code, message: trouble.message ?? `the engine refuses with ${trouble.code}` };
}

function hang(signal: AbortSignal | null): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal?.reason);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
