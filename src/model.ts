// SPDX-License-Identifier: MIT
/**
 * One resolved configuration: every default filled in, every reference followed, every unit in its name.
 * Plain data, made by `config/resolve`, read by everything else, changed by nothing.
 */
import type { Family, Forwarding, Persistence, Protocol, Scheduler } from './virtual-service.js';

export type Admin = 'enabled' | 'drain' | 'disabled';

export interface Config {
  /** Absolute path of the main file, then of the included ones. */
  readonly files: readonly string[];
  readonly control: {
    readonly socket: string;
    readonly group: string | null;
    readonly statusSocket: string | null;
    readonly statusGroup: string | null;
  };
  readonly state: { readonly directory: string; readonly maxAgeMs: number };
  readonly log: {
    readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
    /** null: pretty on a terminal, JSON otherwise. */
    readonly format: 'json' | 'pretty' | null;
  };
  readonly http: { readonly address: string; readonly port: number } | null;
  /** Extensions and roles to create, and options of backends, by plugin name. */
  readonly backends: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly clusters: readonly Cluster[];
}

export interface Cluster {
  readonly name: string;
  readonly members: readonly Member[];
  readonly services: readonly Service[];
}

/** At most one address a family. */
export interface Addresses {
  readonly 4?: string;
  readonly 6?: string;
}

export interface Member {
  readonly name: string;
  readonly addresses: Addresses;
  /** A DNS name to follow instead of fixed addresses. */
  readonly hostname: { readonly name: string; readonly resolveMs: number } | null;
  readonly weight: number;
  readonly admin: Admin;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Listen {
  readonly family: Family;
  /** Canonical text; empty when `interface` is set. */
  readonly address: string;
  readonly interface: string | null;
  readonly protocol: Protocol;
  readonly port: number;
  readonly portLast: number;
}

/** Count, or share of the enabled members with weight > 0. */
export type Threshold = { readonly count: number } | { readonly percent: number };

export interface Service {
  /** `cluster/service`. */
  readonly id: string;
  readonly cluster: string;
  readonly name: string;
  readonly listens: readonly Listen[];
  readonly fwmark: { readonly mark: number; readonly mask: number } | null;
  /** The members' port; null: each listened port keeps its own. */
  readonly port: number | null;
  readonly backend: string;
  readonly scheduler: Scheduler;
  readonly persistence: Persistence | null;
  readonly forwarding: Forwarding;
  readonly sourceNat: string;
  /** Empty: `check: none`, always up. */
  readonly checks: readonly CheckSpec[];
  readonly watches: readonly WatchSpec[];
  readonly rescue: boolean;
  readonly fallback: { readonly family: Family; readonly address: string; readonly port: number } | null;
  /** The service goes down below `down` members and comes back at `up` (hysteresis). */
  readonly minUp: { readonly down: Threshold; readonly up: Threshold };
  readonly onAllDown: 'fallback' | 'refuse' | 'hold';
  readonly panic: { readonly share: number; readonly withinMs: number } | null;
  readonly onDown: {
    readonly rule: 'remove' | 'quiesce';
    readonly udp: 'flush' | 'keep';
    readonly tcp: 'keep' | 'reset';
    readonly unanswered: 'flush' | 'keep';
  };
  readonly flap: { readonly changes: number; readonly withinMs: number; readonly holdMs: number } | null;
  readonly slowStartMs: number;
  readonly drainMs: number;
  readonly limits: { readonly upper: number; readonly lower: number } | null;
  /** In the order of the config; the service's own `members` overrides applied. */
  readonly endpoints: readonly Endpoint[];
}

/** One member of one service: the unit of health and of kernel rules. */
export interface Endpoint {
  /** `cluster/service/member`. */
  readonly id: string;
  readonly cluster: string;
  readonly service: string;
  readonly member: string;
  readonly addresses: Addresses;
  /** The member's port for this service; null: each listened port keeps its own. */
  readonly port: number | null;
  /** Every port that traffic reaches on the member, ascending. */
  readonly ports: readonly number[];
  readonly weight: number;
  readonly admin: Admin;
  readonly labels: Readonly<Record<string, string>>;
}

export interface CheckSpec {
  /** Name of the check plugin. */
  readonly type: string;
  /** The plugin's own options, validated, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
  readonly fastIntervalMs: number;
  readonly downIntervalMs: number;
  /** Overrides of what is probed; null: the endpoint's own. */
  readonly port: number | null;
  readonly address: string | null;
  readonly source: string | null;
  readonly fwmark: number | null;
  /** Same text, same probe and same thresholds: saved state is kept only while it stays. */
  readonly fingerprint: string;
}

export interface WatchSpec {
  readonly type: string;
  readonly on: 'down' | 'verify' | 'observe';
  readonly count: number;
  readonly withinMs: number;
  readonly options: Readonly<Record<string, unknown>>;
}
