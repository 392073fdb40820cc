// SPDX-License-Identifier: MIT
/**
 * The contract between sluice and its plugins: what a check, watch, backend, role or extension declares and
 * does. All that crosses this boundary is plain, structured-cloneable data (but for signals and callbacks).
 * First-party plugins are written against exactly this and nothing else.
 */
import type { Socket } from 'node:net';
import type { TLSSocket, ConnectionOptions } from 'node:tls';
import type { ApplyReport, ChangeSet } from '../change-set.js';
import type { Family, Protocol, VirtualService } from '../virtual-service.js';
import type { Infer, ObjectSchema } from './schema.js';

export type PluginKind = 'check' | 'watch' | 'backend' | 'role' | 'extension';

/** A fault in a plugin's options, found by the plugin itself; `path` leads from the options to the culprit. */
export interface OptionProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

export interface PluginBase<K extends PluginKind, S extends ObjectSchema> {
  readonly kind: K;
  /** Unique within its kind: `http` makes the plugin `check/http`, and `type: http` chooses it. */
  readonly name: string;
  readonly apiVersion: 1;
  /** Shown in status; a first-party plugin bears sluice's version. */
  readonly version?: string;
  /** One line for people, shown in documentation. */
  readonly description?: string;
  /** JSON-Schema subset; `Infer<S>` types what `create` receives. */
  readonly options: S;
  /** What a schema can't say. Pure: no I/O. */
  validate?(options: Infer<S>): readonly OptionProblem[];
}

/** Time as plugins see it; tests replace it. `now` is wall-clock ms since the epoch, `monotonicMs` never jumps. */
export interface Clock {
  now(): number;
  monotonicMs(): number;
  /** Runs `callback` after `delayMs`; disposing cancels. Never keeps the process alive by itself. */
  after(delayMs: number, callback: () => void): Disposable;
}

/** A logger bound to the plugin's name. */
export interface PluginLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Where a probe goes. */
export interface CheckTarget {
  /** `cluster/service/member` of the first endpoint that asked; identical probes of others share the answer. */
  readonly endpoint: string;
  readonly address: string;
  readonly family: Family;
  readonly port: number;
  readonly protocol: Protocol;
  readonly timeoutMs: number;
  /** Address or interface to probe from. */
  readonly source: string | null;
  /** Mark for the probe's own packets. */
  readonly fwmark: number | null;
  /** Set for `sluice check`: put what was said on the wire into `details.dialogue` (lines of text). */
  readonly trace: boolean;
}

export type FailKind =
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'unreachable'
  | 'protocol'
  | 'mismatch'
  | 'tls'
  | 'exit-status';

/**
 * What one probe says. A fault of this host (no sockets, no memory, no such program) is `inconclusive`, never
 * `fail`: it must not count against the member. `reason` is one short line of plain words.
 */
export type CheckOutcome =
  | {
      readonly verdict: 'pass';
      readonly reason: string;
      /** Percent of the configured weight as an agent reports it, or absolute with `weightIs: 'absolute'`. */
      readonly weight?: number;
      readonly weightIs?: 'percent' | 'absolute';
      readonly admin?: 'drain' | 'maint';
      readonly details?: Readonly<Record<string, unknown>>;
    }
  | {
      readonly verdict: 'fail';
      readonly reason: string;
      readonly kind: FailKind;
      readonly details?: Readonly<Record<string, unknown>>;
    }
  | {
      readonly verdict: 'inconclusive';
      readonly reason: string;
      readonly details?: Readonly<Record<string, unknown>>;
    };

/** One check with its options bound; probes any number of targets, many at once. */
export interface Prober extends Partial<AsyncDisposable> {
  /**
   * Probes once. Must settle within 50 ms of `signal` aborting (what it says then is ignored: the core files
   * the time-out), and leave no handle open. A refused port is an outcome, not an exception.
   */
  probe(target: CheckTarget, signal: AbortSignal): Promise<CheckOutcome>;
  /**
   * The sweep form, for checks that cost less in a crowd: scheduled probes come here instead of to `probe`, which
   * still serves a single one by command. `targets` yields those that came due together, for as long as the
   * configuration is in force; `report` takes the very object that was yielded, once, within its `timeoutMs`.
   * No answer in time is the sweep's own to report; of a target that it forgets the core files a time-out. Ends
   * when `targets` does or soon after `signal` aborts.
   */
  probeMany?(
    targets: AsyncIterable<readonly CheckTarget[]>,
    report: (target: CheckTarget, outcome: CheckOutcome) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface ConnectOptions {
  readonly address: string;
  readonly port: number;
  readonly source?: string | null;
  readonly fwmark?: number | null;
  readonly signal: AbortSignal;
  /** Start TLS on the fresh connection; resolves after the handshake. */
  readonly tls?: ConnectionOptions;
}

export interface PluginContext {
  readonly log: PluginLog;
  readonly clock: Clock;
  /** Aborts when this generation of the configuration retires. */
  readonly signal: AbortSignal;
  readonly hooks: PluginHooks;
  /** The folder of the config file, for relative paths. */
  readonly directory: string;
  /**
   * Opens a TCP (or TLS) connection from the given source with the given mark. Rejects with the system's
   * error (`code` ECONNREFUSED, …). Ending it with {@link closeByReset} leaves no TIME_WAIT behind.
   */
  connect(options: ConnectOptions): Promise<Socket | TLSSocket>;
}

export interface CheckPlugin<S extends ObjectSchema = ObjectSchema> extends PluginBase<'check', S> {
  /** What one probe costs this host: a socket, or a process (far fewer run at once). Default `socket`. */
  readonly cost?: 'socket' | 'process';
  /** Protocols of services this check makes sense for; default both. */
  readonly protocols?: readonly Protocol[];
  create(context: PluginContext, options: Infer<S>): Prober | Promise<Prober>;
}

/** A passive sign seen in live traffic. */
export interface WatchSignal {
  readonly kind: 'refused' | 'unreachable' | 'unanswered' | 'neighbour';
  readonly reason: string;
  readonly count: number;
}

export interface WatchTarget {
  readonly endpoint: string;
  readonly address: string;
  readonly ports: readonly number[];
  readonly protocol: Protocol;
}

export interface Watcher extends Partial<AsyncDisposable> {
  watch(
    targets: readonly WatchTarget[],
    report: (endpoint: string, signal: WatchSignal) => void,
    stop: AbortSignal,
  ): Promise<void>;
}

export interface WatchPlugin<S extends ObjectSchema = ObjectSchema> extends PluginBase<'watch', S> {
  create(context: PluginContext, options: Infer<S>): Watcher | Promise<Watcher>;
}

/** What an engine can do. What it can't is refused by name when the config asks for it, never ignored. */
export interface Capabilities {
  /** The unit that changes without an in-between: a whole batch, a service, or a single operation. */
  readonly atomic: 'all' | 'service' | 'operation';
  readonly families: readonly Family[];
  readonly protocols: readonly Protocol[];
  readonly forwarding: readonly ('nat' | 'route' | 'tunnel' | 'proxy')[];
  /** Canonical scheduler names. */
  readonly schedulers: readonly string[];
  /** Other names by which operators know them: `{ rr: 'round-robin' }`. */
  readonly schedulerAliases: Readonly<Record<string, string>>;
  readonly schedulerFlags: readonly string[];
  /** Shares are dealt in slots (`VirtualService.slots`) rather than by weight. */
  readonly slots: boolean;
  readonly sourceNat: readonly ('masquerade' | 'address')[];
  readonly fwmark: false | 'exact' | 'masked';
  readonly persistence: boolean;
  readonly netmask: boolean;
  readonly fallback: boolean;
  readonly minUp: boolean;
  readonly refuse: boolean;
  readonly hold: boolean;
  readonly rescue: boolean;
  readonly limits: boolean;
  /** `on_down: {rule: quiesce}`. */
  readonly quiesce: boolean;
  /** Keeps a draining member with weight 0 instead of leaving its connections to the connection table. */
  readonly draining: boolean;
  readonly portRanges: boolean;
  readonly listenInterface: boolean;
  /** A member may be of another address family than the listen. */
  readonly translatesFamily: boolean;
  /** Deletes or resets entries of the connection table (`on_down` udp/tcp/unanswered other than keep). */
  readonly hygiene: boolean;
  readonly slowStart: boolean;
  readonly panic: boolean;
  readonly flap: boolean;
}

/** What a backend finds that it holds. Its own only: what others made is no business of sluice's. */
export interface Observed {
  readonly services: readonly VirtualService[];
  /** Things in our own place that no service explains (a stray element): `apply` of any change cleans them. */
  readonly strays?: number;
}

export interface Backend extends Partial<AsyncDisposable> {
  /** Reads back what the engine holds now. */
  observe(signal: AbortSignal): Promise<Observed>;
  /** The change in the engine's own language; for `plan`, `--dry-run` and golden files. Touches nothing. */
  render(change: ChangeSet): string;
  /**
   * Carries out the change. Refusals by the engine are in the report, not thrown; after a throw, a time-out or
   * a failure the core observes again before it asks for anything else.
   */
  apply(change: ChangeSet, signal: AbortSignal): Promise<ApplyReport>;
  /** Calls `report` when somebody else has changed what this backend holds. */
  onDrift?(report: (what: string) => void): Disposable;
  /** Warnings about the host that would keep these services from working: one plain sentence each. */
  preflight?(services: readonly VirtualService[], signal: AbortSignal): Promise<readonly string[]>;
  /** Live connections per member, `${service key} ${server key}` to count, where the engine knows. */
  connections?(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** `keep` leaves the rules; `withdraw` leaves the engine as if sluice had never run. */
  release(mode: 'keep' | 'withdraw', signal: AbortSignal): Promise<void>;
}

export interface BackendPlugin<S extends ObjectSchema = ObjectSchema> extends PluginBase<'backend', S> {
  readonly capabilities: Capabilities;
  /**
   * Names the place in which these options keep their rules (a table, say). Pure. When options change, the
   * old rules are withdrawn only if the place changes; without this, a backend has one place.
   */
  place?(options: Infer<S>): string;
  create(context: PluginContext, options: Infer<S>): Backend | Promise<Backend>;
}

export type RoleName = 'active' | 'standby';

export interface RoleSource extends Partial<AsyncDisposable> {
  run(report: (role: RoleName, reason: string) => void, stop: AbortSignal): Promise<void>;
}

export interface RolePlugin<S extends ObjectSchema = ObjectSchema> extends PluginBase<'role', S> {
  create(context: PluginContext, options: Infer<S>): RoleSource | Promise<RoleSource>;
}

/** Only taps `context.hooks`. */
export interface ExtensionPlugin<S extends ObjectSchema = ObjectSchema> extends PluginBase<'extension', S> {
  create(context: PluginContext, options: Infer<S>): void | AsyncDisposable | Promise<void | AsyncDisposable>;
}

export type Plugin = CheckPlugin | WatchPlugin | BackendPlugin | RolePlugin | ExtensionPlugin;

export interface HealthChange {
  readonly endpoint: string;
  readonly from: 'unknown' | 'up' | 'down';
  readonly to: 'unknown' | 'up' | 'down';
  readonly reason: string;
  readonly at: number;
}

export interface TapOptions {
  /** Order among taps of one hook, -100 to 100; default 0. */
  readonly stage?: number;
}

/**
 * Where plugins join in. Hooks belong to one generation of the configuration and are rebuilt on reload. Every
 * tap runs guarded: it has a name, a time budget and a fault count, and three faults in a minute mute it.
 */
export interface PluginHooks {
  /** Observers of the life cycle. */
  started(tap: (info: { readonly generation: number }) => void | Promise<void>, options?: TapOptions): void;
  stopping(
    tap: (info: { readonly reason: 'reload' | 'stop' | 'withdraw' }) => void | Promise<void>,
    options?: TapOptions,
  ): void;
  roleChanged(
    tap: (info: {
      readonly from: RoleName;
      readonly to: RoleName;
      readonly reason: string;
    }) => void | Promise<void>,
    options?: TapOptions,
  ): void;
  /** Observers of what happened. */
  healthChanged(tap: (change: HealthChange) => void, options?: TapOptions): void;
  afterApply(
    tap: (info: {
      readonly backend: string;
      readonly change: ChangeSet;
      readonly report: ApplyReport;
      readonly tookMs: number;
    }) => void | Promise<void>,
    options?: TapOptions,
  ): void;
  /** Pure adjusters: return the services to hold instead; the input is frozen. A fault keeps the input. */
  adjustDesired(
    tap: (
      services: readonly VirtualService[],
      info: { readonly backend: string },
    ) => readonly VirtualService[],
    options?: TapOptions,
  ): void;
  /** Veto: return a reason to hold a change back for now. A fault is no veto. */
  beforeApply(
    tap: (info: {
      readonly backend: string;
      readonly change: ChangeSet;
    }) => string | null | Promise<string | null>,
    options?: TapOptions,
  ): void;
  /** Cross checks of a whole configuration; `path` leads from the file's root to the culprit. */
  checkConfig(tap: (config: unknown) => readonly OptionProblem[], options?: TapOptions): void;
}
