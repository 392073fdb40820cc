// SPDX-License-Identifier: MIT
/** Reads one service after the other: phase two, resolution, and all rules that concern it alone. */
import type { CheckSpec, Member, Service, WatchSpec } from '../model.js';
import { isRecord, own } from '../is-record.js';
import type { OptionChecker } from './option-checker.js';
import type { Path, Problem } from './problem.js';
import { checkTimes, resolveCheck } from './resolve/resolve-check.js';
import { durationMs } from './resolve/must.js';
import { resolveService } from './resolve/resolve-service.js';
import { Settings } from './resolve/settings.js';
import { checkCapabilities } from './rules/capabilities.js';
import { checkProbeTarget, checkReferences, checkService } from './rules/service-rules.js';
import type { RawCheck, RawCluster, RawDefaults, RawService, RawWatch } from './schema/raw.js';
import { type BackendCatalog, DEFAULT_BACKEND } from './use-backends.js';
import { type UsedCheck, type UsedWatch, useChecks, useWatches } from './use-plugins.js';

export interface WrittenService {
  readonly cluster: string;
  readonly name: string;
  /** As written, of any shape. */
  readonly written: unknown;
  /** Present when the service and all that it leans on fit the core's schema. */
  readonly sound: { readonly cluster: RawCluster; readonly service: RawService } | undefined;
  readonly defaults: RawDefaults;
  readonly members: readonly Member[];
  readonly path: Path;
}

export interface ReadService {
  /** Undefined when it is too faulty to tell what it is. */
  readonly service?: Service;
  readonly problems: readonly Problem[];
}

export class ServiceReader {
  readonly #checker: OptionChecker;
  readonly #backends: BackendCatalog;
  readonly #defaults: unknown;
  readonly #listenPaths = new Map<Service, readonly Path[]>();

  /** `defaults` is the value of that key as written. */
  constructor(checker: OptionChecker, backends: BackendCatalog, defaults: unknown) {
    this.#checker = checker;
    this.#backends = backends;
    this.#defaults = defaults;
  }

  /** The checks, watches and the backend that the defaults name, also when no service takes them. */
  async readDefaults(): Promise<Problem[]> {
    const path: Path = ['defaults'];
    const backend = own(this.#defaults, 'backend');
    if (typeof backend === 'string') await this.#backends.use(backend, [...path, 'backend']);
    const check = own(this.#defaults, 'check');
    const checks = await useChecks(undefined, check ?? 'none', path, this.#checker);
    const watches = await useWatches(own(this.#defaults, 'watch'), [...path, 'watch'], this.#checker);
    // A key that every service adds itself is not missing here.
    const stated = checks.problems.filter(({ code }) => code !== 'SLUICE_CFG_MISSING_KEY');
    return [...stated, ...watches.problems];
  }

  async read(one: WrittenService): Promise<ReadService> {
    const defaults = this.#defaults;
    const checkPath = [...one.path, 'check'];
    const checks = await useChecks(
      own(one.written, 'check'),
      own(defaults, 'check'),
      checkPath,
      this.#checker,
    );
    const watches = await useWatches(own(one.written, 'watch'), [...one.path, 'watch'], this.#checker);
    const problems = [...checks.problems, ...watches.problems];
    const backendName = own(one.written, 'backend') ?? own(defaults, 'backend') ?? DEFAULT_BACKEND;
    const backendPath =
      own(one.written, 'backend') === undefined ? ['defaults', 'backend'] : [...one.path, 'backend'];
    const backend =
      typeof backendName === 'string' ? await this.#backends.use(backendName, backendPath) : undefined;
    if (one.sound === undefined || !isRecord(one.written)) return { problems };
    const settings = new Settings(one.sound.service, one.defaults, one.path);
    const references = checkReferences(settings, one.sound.cluster);
    problems.push(...references);
    if (backend === undefined || references.length > 0) return { problems };
    const specs = checks.used.map((used) => ({ used, spec: specOf(used) }));
    const inherited = own(one.written, 'watch') === undefined ? await this.#inheritedWatches() : watches.used;
    const { service, listenOrigins } = resolveService(
      one.cluster,
      one.name,
      settings,
      one.members,
      backend,
      specs.map(({ spec }) => spec),
      inherited.map(watchSpecOf),
    );
    this.#listenPaths.set(
      service,
      listenOrigins.map((origin) => listenPathOf(one, origin)),
    );
    const listenPath = (nth: number): Path => this.listenPath(service, nth);
    problems.push(
      ...checkCapabilities(service, settings, backend.capabilities, listenPath),
      ...checkService(service, settings, backend.capabilities, listenPath),
      ...specs.flatMap(({ used, spec }) => checkProblems(used, spec, service)),
    );
    return { service, problems };
  }

  /** Where the n-th listen of a service that was read is written. */
  listenPath(service: Service, nth: number): Path {
    return this.#listenPaths.get(service)?.[nth] ?? [];
  }

  async #inheritedWatches(): Promise<readonly UsedWatch[]> {
    const { used } = await useWatches(own(this.#defaults, 'watch'), ['defaults', 'watch'], this.#checker);
    return used;
  }
}

function listenPathOf(one: WrittenService, origin: number): Path {
  const path = [...one.path, 'listen'];
  return Array.isArray(one.sound?.service.listen) ? [...path, origin] : path;
}

/** The common keys fit the core's schema, as every check of a sound service does. */
function specOf({ merged, checked }: UsedCheck): CheckSpec {
  const common: RawCheck = merged.common;
  return resolveCheck(merged.type, common, checked.options);
}

function checkProblems({ merged, facts }: UsedCheck, spec: CheckSpec, service: Service): Problem[] {
  const target = { type: merged.type, port: spec.port, path: merged.path, typePath: merged.origin(['type']) };
  return [...checkTimes(merged, spec), ...checkProbeTarget(service, target, facts.protocols)];
}

function watchSpecOf({ type, common, options }: UsedWatch): WatchSpec {
  const said: Partial<RawWatch> = common;
  return {
    type,
    on: said.on ?? 'verify',
    count: said.count ?? 1,
    withinMs: durationMs(said.within, 1000),
    options,
  };
}
