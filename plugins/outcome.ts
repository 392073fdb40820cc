// SPDX-License-Identifier: MIT
/** How errors of sockets, TLS and the system become outcomes: one place for all checks. */
import type { CheckOutcome, FailKind } from 'sluice';
import { tlsReason } from './tls/reasons.js';

type Details = Readonly<Record<string, unknown>>;
type Pass = Extract<CheckOutcome, { verdict: 'pass' }>;

export function pass(reason: string, extra: Omit<Pass, 'verdict' | 'reason'> = {}): CheckOutcome {
  return { verdict: 'pass', reason, ...extra };
}

export function fail(kind: FailKind, reason: string, details?: Details): CheckOutcome {
  return { verdict: 'fail', kind, reason, ...(details !== undefined && { details }) };
}

export function inconclusive(reason: string, details?: Details): CheckOutcome {
  return { verdict: 'inconclusive', reason, ...(details !== undefined && { details }) };
}

/** What the member's side did, by code of the system. */
const MEMBER_FAULTS: Readonly<Record<string, readonly [FailKind, string]>> = {
  ECONNREFUSED: ['refused', 'connection refused'],
  ECONNRESET: ['reset', 'connection reset'],
  ECONNABORTED: ['reset', 'connection aborted'],
  EPIPE: ['reset', 'connection closed while sending'],
  ETIMEDOUT: ['timeout', 'no answer from the host'],
  EHOSTUNREACH: ['unreachable', 'host unreachable'],
  EHOSTDOWN: ['unreachable', 'host is down'],
  ENETUNREACH: ['unreachable', 'network unreachable'],
  ENETDOWN: ['unreachable', 'network is down'],
};

/** What this host lacks: never held against the member. The core learns from the `code` that it is in need. */
const LOCAL_FAULTS: Readonly<Record<string, string>> = {
  EMFILE: 'sluice has too many open files: raise LimitNOFILE',
  ENFILE: 'this host has too many open files: raise fs.file-max',
  EADDRNOTAVAIL: 'the source address is not on this host, or it has no free port left',
  EADDRINUSE: 'no free local port to probe from',
  EAFNOSUPPORT: 'this host does not speak that address family',
  ENOBUFS: 'this host is short of socket buffers',
  ENOMEM: 'this host is out of memory',
  EAGAIN: 'this host is out of processes or ports',
  EACCES: 'this host does not allow the probe',
  EPERM: 'this host does not allow the probe: look at its own firewall rules',
  EINVAL: 'this host does not take the source of the probe',
  ENODEV: 'no such network interface on this host',
};

/** The time ran out; the core files this itself, so it is read only by those who probe without the core. */
export function timedOut(waitingFor: string, details?: Details): CheckOutcome {
  return fail('timeout', `timed out ${waitingFor}`, details);
}

/**
 * The outcome that an error stands for. An error that means nothing here is a bug and is thrown again, so that
 * the core can name the plugin.
 */
export function outcomeOfError(error: unknown, details?: Details): CheckOutcome {
  const code = codeOf(error);
  if (code === undefined || !(error instanceof Error)) throw error;
  if (code.startsWith('SLUICE_')) return inconclusive(error.message, details);
  const local = LOCAL_FAULTS[code];
  if (local !== undefined) {
    // A source that is not on this host is a matter of the configuration; out of ports is one of the whole host.
    const misplaced = code === 'EADDRNOTAVAIL' && 'syscall' in error && error.syscall === 'bind';
    return inconclusive(`${local} (${code})`, misplaced ? details : { ...details, code });
  }
  const member = MEMBER_FAULTS[code];
  if (member !== undefined) return fail(member[0], member[1], details);
  const tls = tlsReason(code, error);
  if (tls !== undefined) return fail('tls', tls, details);
  if ('syscall' in error)
    return inconclusive(`${String(error.syscall)} failed on this host (${code})`, details);
  throw error;
}

/** The `code` of a system, TLS or sluice error. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** `1.2 ms`, `14 ms`, `2.5 s`: as precise as it is of use. */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
