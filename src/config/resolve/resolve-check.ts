// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import type { CheckSpec } from '../../model.js';
import { readAddress } from '../address.js';
import { formatDuration } from '../duration.js';
import type { MergedCheck } from '../merge-check.js';
import type { Problem } from '../problem.js';
import type { RawCheck } from '../schema/raw.js';
import { durationMs } from './must.js';

const INTERVAL_MS = 2000;
const TIMEOUT_MS = 1000;
const LEAST_FAST_INTERVAL_MS = 100;

/** One check with everything filled in; `common` is what was written of the common keys. */
export function resolveCheck(
  type: string,
  common: RawCheck,
  options: Readonly<Record<string, unknown>>,
): CheckSpec {
  const intervalMs = durationMs(common.interval, INTERVAL_MS);
  const address = common.address === undefined ? null : canonical(common.address);
  const spec: Omit<CheckSpec, 'fingerprint'> = {
    type,
    options,
    intervalMs,
    timeoutMs: durationMs(common.timeout, Math.min(TIMEOUT_MS, intervalMs)),
    rise: common.rise ?? 2,
    fall: common.fall ?? 3,
    fastIntervalMs: durationMs(common.fast_interval, fastInterval(intervalMs)),
    downIntervalMs: durationMs(common.down_interval, intervalMs),
    port: common.port ?? null,
    address,
    source: common.source === undefined ? null : canonical(common.source),
    fwmark: common.fwmark ?? null,
  };
  return { ...spec, fingerprint: fingerprintOf(spec) };
}

/** A timeout longer than its interval: a probe would not be over when the next one is due. */
export function checkTimes(check: MergedCheck, spec: CheckSpec): Problem[] {
  if (spec.timeoutMs <= spec.intervalMs) return [];
  const timeoutPath = check.origin(['timeout']);
  const intervalPath = check.origin(['interval']);
  // Where the timeout comes from the defaults and the interval does not, the service is the one to mend.
  const inherited = timeoutPath[0] === 'defaults' && intervalPath[0] !== 'defaults';
  const statesInterval = check.common['interval'] !== undefined;
  const at = inherited && statesInterval ? intervalPath : timeoutPath;
  const interval = formatDuration(spec.intervalMs);
  const related = at === timeoutPath ? 'the interval' : 'the timeout';
  return [
    {
      code: 'SLUICE_CFG_CONFLICT',
      message: `the timeout of ${formatDuration(spec.timeoutMs)} is longer than the interval of ${interval}`,
      hint: statesInterval
        ? `give this check a \`timeout\` of at most ${interval}`
        : `give this check an \`interval\` of at least ${formatDuration(spec.timeoutMs)}`,
      path: at,
      ...(statesInterval
        ? { related: { message: related, path: at === timeoutPath ? intervalPath : timeoutPath } }
        : {}),
    },
  ];
}

/** A quarter of the interval and at least 100 ms, but never longer than the interval itself. */
function fastInterval(intervalMs: number): number {
  return Math.min(intervalMs, Math.max(LEAST_FAST_INTERVAL_MS, Math.round(intervalMs / 4)));
}

function canonical(text: string): string {
  const parsed = readAddress(text);
  return parsed.ok ? parsed.value.address : text;
}

/** The same for the same probe with the same thresholds, whatever the order of keys. */
function fingerprintOf(spec: Omit<CheckSpec, 'fingerprint'>): string {
  return createHash('sha256').update(stableText(spec)).digest('base64url').slice(0, 22);
}

function stableText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
