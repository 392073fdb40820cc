// SPDX-License-Identifier: MIT
import { AsyncParallelHook, AsyncSeriesBailHook, SyncHook, SyncWaterfallHook } from 'tapable';
import { redealt } from '../desired/redeal.js';
import type { VirtualService } from '../virtual-service.js';
import { readAdjusted } from './adjusted.js';
import type { HealthChange, OptionProblem, PluginHooks, TapOptions } from './api.js';
import { deepFreeze } from './freeze.js';
import type { Guard } from './guard.js';
import { Tap } from './tap.js';

type TapOf<K extends keyof PluginHooks> = Parameters<PluginHooks[K]>[0];
type InfoOf<K extends keyof PluginHooks> = Parameters<TapOf<K>>[0];
type AdjustInfo = Parameters<TapOf<'adjustDesired'>>[1];
type ObserverHook = 'started' | 'stopping' | 'roleChanged' | 'afterApply';

/** What a cross check found, or that it failed: a configuration that cannot be checked is not taken. */
export interface CrossCheckProblem extends OptionProblem {
  readonly plugin: string;
}

/** How long taps may take in all; they run side by side, but `beforeApply` one after the other, each so long. */
export const HOOK_BUDGET_MS: Readonly<Record<ObserverHook | 'beforeApply', number>> = {
  started: 5_000,
  stopping: 2_000,
  roleChanged: 2_000,
  afterApply: 5_000,
  beforeApply: 1_000,
};

const STAGE_MOST = 100;

export interface HooksOptions {
  readonly guard: Guard;
  /** Told in a sentence when a plugin's tap is left out until reload. */
  readonly onMuted: (sentence: string) => void;
}

/**
 * The hooks of one generation. Plugins see the facade of {@link Hooks.forPlugin} and never tapable, so nothing
 * gets in that is not guarded; the daemon calls the rest. Nothing here throws because of a plugin, and a
 * retired generation's hooks go to the garbage with it, since taps can't be taken out one by one.
 */
export class Hooks {
  readonly #taps = createTaps();
  readonly #options: HooksOptions;
  #sealed = false;

  constructor(options: HooksOptions) {
    this.#options = options;
  }

  /** What a plugin (`kind/name`) gets as `context.hooks`. */
  forPlugin(plugin: string): PluginHooks {
    const taps = this.#taps;
    const observe =
      <I>(hook: ObserverHook, target: AsyncParallelHook<[I]>) =>
      (run: (info: I) => void | Promise<void>, options?: TapOptions): void => {
        const tap = this.#tap(plugin, hook);
        target.tapPromise(this.#place(plugin, options), async (info) => {
          await tap.settle(() => run(info), HOOK_BUDGET_MS[hook]);
        });
      };
    return Object.freeze<PluginHooks>({
      started: observe('started', taps.started),
      stopping: observe('stopping', taps.stopping),
      roleChanged: observe('roleChanged', taps.roleChanged),
      afterApply: observe('afterApply', taps.afterApply),
      healthChanged: (run, options) => {
        const tap = this.#tap(plugin, 'healthChanged');
        taps.healthChanged.tap(this.#place(plugin, options), (change) => {
          tap.answer(() => run(change));
        });
      },
      adjustDesired: (run, options) => {
        const tap = this.#tap(plugin, 'adjustDesired');
        taps.adjustDesired.tap(this.#place(plugin, options), (services, info, known) => {
          const answer = tap.answer(() => {
            const adjusted: unknown = run(services, info);
            // Reading may run the plugin's code, too: a getter, a proxy.
            return isPromise(adjusted) ? adjusted : readAdjusted(adjusted, known);
          });
          if (answer === null || isPromise(answer.value)) return services;
          if (typeof answer.value !== 'string') return deepFreeze(answer.value);
          tap.nonsense(`returned ${answer.value}`);
          return services;
        });
      },
      beforeApply: (run, options) => {
        const tap = this.#tap(plugin, 'beforeApply');
        taps.beforeApply.tapPromise(this.#place(plugin, options), async (info) => {
          const answer = await tap.settle<unknown>(() => run(info), HOOK_BUDGET_MS.beforeApply);
          const reason = answer?.value ?? undefined;
          if (reason === undefined || typeof reason === 'string') {
            return reason === undefined ? undefined : `${plugin}: ${reason}`;
          }
          tap.nonsense(`returned a ${typeof reason} instead of a reason or null`);
          return undefined;
        });
      },
      checkConfig: (run, options) => {
        const { guard } = this.#options;
        taps.checkConfig.tap(this.#place(plugin, options), (config, found) => {
          const result = guard.callSync(plugin, 'checkConfig', () => copyProblems(run(config)));
          if (!result.ok) {
            found.push({ plugin, path: [], message: `plugin ${plugin} failed: ${result.fault?.message}` });
          } else if (result.value === null) {
            const { message } = guard.nonsense(plugin, 'checkConfig', 'returned no list of problems');
            found.push({ plugin, path: [], message: `plugin ${plugin} ${message}` });
          } else found.push(...result.value.map((problem) => ({ ...problem, plugin })));
        });
      },
    });
  }

  /** No more taps from here on: every plugin has been created. */
  seal(): void {
    this.#sealed = true;
  }

  async started(info: InfoOf<'started'>): Promise<void> {
    await this.#taps.started.promise(deepFreeze(info));
  }

  async stopping(info: InfoOf<'stopping'>): Promise<void> {
    await this.#taps.stopping.promise(deepFreeze(info));
  }

  async roleChanged(info: InfoOf<'roleChanged'>): Promise<void> {
    await this.#taps.roleChanged.promise(deepFreeze(info));
  }

  async afterApply(info: InfoOf<'afterApply'>): Promise<void> {
    if (this.#taps.afterApply.isUsed()) await this.#taps.afterApply.promise(deepFreeze(info));
  }

  healthChanged(change: HealthChange): void {
    if (this.#taps.healthChanged.isUsed()) this.#taps.healthChanged.call(deepFreeze(change));
  }

  /** Whether any plugin adjusts: without one, a caller need not compute every service at each change. */
  get adjusts(): boolean {
    return this.#taps.adjustDesired.isUsed();
  }

  /**
   * The services to hold, as the plugins want them. Where members changed, slots are dealt on from those `held`,
   * by frontend key, so that an adjuster that wants the same again moves nothing.
   */
  adjustDesired(
    services: readonly VirtualService[],
    info: AdjustInfo,
    held: (frontendKey: string) => VirtualService | undefined,
  ): readonly VirtualService[] {
    if (!this.adjusts) return services;
    const known = new Map(services.map((service) => [service.key, deepFreeze(service)]));
    const adjusted = this.#taps.adjustDesired.call(deepFreeze([...services]), deepFreeze(info), known);
    return adjusted.map((service) => redealt(service, known.get(service.key)!, held(service.key)));
  }

  /** Why a change must be held back for now, with the plugin's name; null: nobody objects. */
  async beforeApply(info: InfoOf<'beforeApply'>): Promise<string | null> {
    if (!this.#taps.beforeApply.isUsed()) return null;
    const reason: string | undefined = await this.#taps.beforeApply.promise(deepFreeze(info));
    return reason ?? null;
  }

  checkConfig(config: object): readonly CrossCheckProblem[] {
    const found: CrossCheckProblem[] = [];
    if (this.#taps.checkConfig.isUsed()) this.#taps.checkConfig.call(deepFreeze(config), found);
    return found;
  }

  #tap(plugin: string, hook: keyof PluginHooks): Tap {
    return new Tap({ plugin, hook, ...this.#options });
  }

  /** tapable puts a tap with an unknown `before` first of all: only a stage in a small range is let through. */
  #place(plugin: string, options: TapOptions | undefined): { name: string; stage: number } {
    const stage = options?.stage ?? 0;
    if (this.#sealed) throw new Error('hooks can only be tapped in create()');
    if (!Number.isInteger(stage) || Math.abs(stage) > STAGE_MOST) {
      throw new RangeError(`stage must be a whole number from -${STAGE_MOST} to ${STAGE_MOST}`);
    }
    return { name: plugin, stage };
  }
}

function createTaps() {
  return Object.freeze({
    /** The generation is in force; its first rules are applied. */
    started: new AsyncParallelHook<[InfoOf<'started'>]>(['info'], 'started'),
    /** The generation retires, or the daemon stops; nothing is disposed of yet. */
    stopping: new AsyncParallelHook<[InfoOf<'stopping'>]>(['info'], 'stopping'),
    /** Active became standby, or the other way. */
    roleChanged: new AsyncParallelHook<[InfoOf<'roleChanged'>]>(['info'], 'roleChanged'),
    /** An endpoint went from one state to another. */
    healthChanged: new SyncHook<[HealthChange]>(['change'], 'healthChanged'),
    /** An engine carried out a change, or refused parts of it. */
    afterApply: new AsyncParallelHook<[InfoOf<'afterApply'>]>(['info'], 'afterApply'),
    /** Each tap takes the services from the one before it; `known` are those before any. */
    adjustDesired: new SyncWaterfallHook<
      [readonly VirtualService[], AdjustInfo, ReadonlyMap<string, VirtualService>]
    >(['services', 'info', 'known'], 'adjustDesired'),
    /** The first reason given holds the change back; later taps are not asked. */
    beforeApply: new AsyncSeriesBailHook<[InfoOf<'beforeApply'>], string | undefined>(
      ['info'],
      'beforeApply',
    ),
    /** Taps add to `found`. */
    checkConfig: new SyncHook<[unknown, CrossCheckProblem[]]>(['config', 'found'], 'checkConfig'),
  });
}

/** Problems as plain data; null: these are none. */
function copyProblems(answer: unknown): OptionProblem[] | null {
  if (!Array.isArray(answer)) return null;
  const problems: OptionProblem[] = [];
  for (const item of answer as readonly unknown[]) {
    if (typeof item !== 'object' || item === null) return null;
    const path: unknown = Reflect.get(item, 'path');
    const message: unknown = Reflect.get(item, 'message');
    const hint: unknown = Reflect.get(item, 'hint');
    if (!Array.isArray(path) || typeof message !== 'string') return null;
    const steps = (path as readonly unknown[]).filter(
      (step) => typeof step === 'string' || typeof step === 'number',
    );
    if (steps.length !== path.length) return null;
    problems.push({ path: steps, message, ...(typeof hint === 'string' ? { hint } : {}) });
  }
  return problems;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
