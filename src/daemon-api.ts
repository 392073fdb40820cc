// SPDX-License-Identifier: MIT
/** What the running daemon offers to the control server (`runtime/control`): the CLI's other end. */
import type { Admin } from './model.js';
import type {
  AdminReport,
  CheckNow,
  ClusterStatus,
  Explanation,
  JournalEvent,
  Plan,
  ReloadReport,
  ServiceStatus,
  Status,
} from './status.js';

export interface AdminTarget {
  readonly cluster: string;
  readonly member: string;
  /** Absent: the member in all of its services. */
  readonly service?: string;
}

export interface DaemonApi {
  /** All of the status but the clusters, which can be huge. */
  statusHead(): Omit<Status, 'clusters'>;
  /** Lazily, so that ten thousand services can be written out without holding the loop. */
  clusters(): Iterable<Omit<ClusterStatus, 'services'> & { readonly services: Iterable<ServiceStatus> }>;
  /** null: no such endpoint. */
  explain(endpoint: string): Explanation | null;
  /** Probes now, apart from the schedule; never counts towards health. null: no such endpoint. */
  checkNow(endpoint: string, signal: AbortSignal): Promise<CheckNow | null>;
  /** `enabled` ends an override. Throws SluiceError SLUICE_NOT_FOUND. */
  setAdmin(target: AdminTarget, admin: Admin, forMs: number | null): Promise<AdminReport>;
  reload(): Promise<ReloadReport>;
  /** Resolves when the rules are kept or withdrawn; the process ends soon after. */
  stop(mode: 'keep' | 'withdraw'): Promise<void>;
  /** Without a source: the daemon's own file as it is on disk now. */
  plan(source: { readonly file: string; readonly text: string } | null): Promise<Plan>;
  readonly journal: Journal;
}

export interface Journal {
  /** Events after `id` (`BOOT-SEQ`), oldest first; all that is remembered for null or an unknown id. */
  since(id: string | null): readonly JournalEvent[];
  subscribe(listener: (event: JournalEvent) => void): Disposable;
}
