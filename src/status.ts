// SPDX-License-Identifier: MIT
/**
 * What the daemon says of itself over the control API (design A4, A5): fields may be added, never renamed.
 * Times are ISO 8601 in UTC.
 */
import type { ChangeSet } from './change-set.js';
import type { Diagnostic } from './config/diagnostics.js';
import type { Admin } from './model.js';

export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly role: 'active' | 'standby';
  readonly started_at: string;
  readonly generation: number;
  readonly config: { readonly file: string; readonly loaded_at: string; readonly error: string | null };
  /** Why this daemon does not trust its own measurements just now; null when fit. */
  readonly unfit: string | null;
  readonly dry_run: boolean;
  readonly probing: ProbingStatus;
  readonly clusters: readonly ClusterStatus[];
  readonly backends: readonly BackendStatus[];
  readonly plugins: readonly PluginStatus[];
  /** Preflight and other standing warnings, one sentence each. */
  readonly warnings: readonly string[];
}

export interface ProbingStatus {
  /** Probes on the schedule; endpoints with the same target and check share one. */
  readonly probes: number;
  /** Started since the daemon began. */
  readonly started: number;
  /** Of the last one or two minutes; null when no probe began. */
  readonly late_ms: LatenessStatus | null;
}

/** How late probes began after they were due, in milliseconds. */
export interface LatenessStatus {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface ClusterStatus {
  readonly name: string;
  readonly members: readonly MemberStatus[];
  readonly services: readonly ServiceStatus[];
}

export interface MemberStatus {
  readonly name: string;
  readonly address: string;
  readonly addresses: readonly string[];
  readonly admin: Admin;
  readonly weight: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ServiceStatus {
  readonly name: string;
  readonly state: 'up' | 'degraded' | 'down';
  readonly backend: string;
  readonly listen: readonly string[];
  readonly fwmark: string | null;
  readonly scheduler: string;
  readonly endpoints: readonly EndpointStatus[];
}

export interface EndpointStatus {
  readonly id: string;
  readonly member: string;
  readonly address: string;
  readonly port: number | null;
  readonly ports: readonly number[];
  readonly state: 'unknown' | 'up' | 'down';
  readonly admin: Admin;
  readonly weight: number;
  readonly effective_weight: number;
  readonly in_rotation: boolean;
  /** Since when it is in this state; null while unknown. */
  readonly since: string | null;
  readonly reason: string;
  readonly last_result: ResultStatus | null;
}

export interface ResultStatus {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly at: string;
  readonly took_ms: number;
  readonly reason: string;
}

export interface BackendStatus {
  readonly name: string;
  readonly converged: boolean;
  readonly last_applied_at: string | null;
  readonly last_error: string | null;
  readonly services: number;
}

export interface PluginStatus {
  /** `kind/name`. */
  readonly name: string;
  readonly version: string;
  readonly faults: number;
  readonly last_fault: string | null;
}

/** `GET /v1/endpoints/{cluster}/{service}/{member}`: everything `sluice explain` tells. */
export interface Explanation {
  readonly endpoint: EndpointStatus;
  readonly service: {
    readonly id: string;
    readonly state: 'up' | 'degraded' | 'down';
    readonly listen: readonly string[];
  };
  readonly admin: {
    readonly configured: Admin;
    readonly override: {
      readonly admin: Admin;
      readonly target: string;
      readonly since: string;
      readonly until: string | null;
    } | null;
  };
  readonly checks: readonly CheckExplanation[];
  readonly watches: readonly WatchExplanation[];
  /** When and why the kernel's rule for it was last changed. */
  readonly rule: {
    readonly in_rotation: boolean;
    readonly changed_at: string | null;
    readonly reason: string;
  };
  /** One sentence: what it is, why, and what happens next. */
  readonly summary: string;
}

export interface CheckExplanation {
  readonly type: string;
  readonly target: string;
  readonly state: 'unknown' | 'up' | 'down';
  readonly interval_ms: number;
  readonly timeout_ms: number;
  readonly rise: number;
  readonly fall: number;
  /** Consecutive results against the present state. */
  readonly streak: number;
  readonly next_probe_in_ms: number | null;
  /** Other endpoints fed by the same probe. */
  readonly shared_with: readonly string[];
  /** Newest first. */
  readonly results: readonly ResultStatus[];
}

/** `POST …/check` */
export interface CheckNow {
  readonly endpoint: string;
  readonly probes: readonly {
    readonly type: string;
    readonly target: string;
    readonly result: ResultStatus;
    readonly dialogue: readonly string[];
  }[];
}

/** `GET /v1/plan` and `POST /v1/plan` */
export interface Plan {
  readonly diagnostics: readonly Diagnostic[];
  readonly backends: readonly {
    readonly name: string;
    readonly change: ChangeSet;
    /** The change in the engine's own language. */
    readonly rendered: string;
    readonly error: string | null;
  }[];
}

export interface ReloadReport {
  readonly ok: boolean;
  readonly generation: number;
  readonly diagnostics: readonly Diagnostic[];
}

export interface AdminReport {
  readonly target: string;
  readonly admin: Admin;
  readonly until: string | null;
  readonly endpoints: readonly string[];
}

/** One entry of the journal; `id` is `BOOT-SEQ`. */
export interface JournalEvent {
  readonly id: string;
  readonly at: string;
  readonly kind:
    | 'start'
    | 'stop'
    | 'reload'
    | 'health'
    | 'service'
    | 'admin'
    | 'apply'
    | 'drift'
    | 'fault'
    | 'unfit'
    | 'signal'
    | 'warning';
  /** What it is about: an endpoint, service, backend or plugin. */
  readonly subject: string;
  readonly from?: string;
  readonly to?: string;
  readonly message: string;
}

/** What one watch has seen of the endpoint since the configuration came into force. */
export interface WatchExplanation {
  readonly type: string;
  /** What its signs lead to: down at once, a probe at once, or nothing. */
  readonly on: 'down' | 'verify' | 'observe';
  readonly count: number;
  readonly within_ms: number;
  readonly signs: number;
  readonly last: { readonly at: string; readonly kind: string; readonly reason: string } | null;
  /** When signs last led to something. */
  readonly acted_at: string | null;
}
