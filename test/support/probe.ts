// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckPlugin, CheckTarget } from '../../src/plugin/api.js';
import type { Infer, ObjectSchema } from '../../src/plugin/schema.js';
import type { PluginContext } from '../../src/plugin/api.js';
import { type ServedMember, testContext } from '../../src/testing.js';

export interface ProbeOptions {
  readonly target?: Partial<CheckTarget>;
  readonly context?: Partial<PluginContext>;
}

/** Creates the check, probes the member once as the core would, and lets go of the check. */
export async function probeOnce<S extends ObjectSchema>(
  plugin: CheckPlugin<S>,
  options: Infer<S>,
  member: Pick<ServedMember, 'address' | 'port' | 'protocol'>,
  { target = {}, context = {} }: ProbeOptions = {},
): Promise<CheckOutcome> {
  const prober = await plugin.create(testContext(context), options);
  const full: CheckTarget = { ...targetAt(member), ...target };
  try {
    return await prober.probe(full, AbortSignal.timeout(full.timeoutMs));
  } finally {
    await prober[Symbol.asyncDispose]?.();
  }
}

export function targetAt({
  address,
  port,
  protocol = 'tcp',
}: Pick<ServedMember, 'address' | 'port' | 'protocol'>): CheckTarget {
  return {
    endpoint: 'test/service/member',
    address,
    family: address.includes(':') ? 6 : 4,
    port,
    protocol,
    timeoutMs: 5_000,
    source: null,
    fwmark: null,
    trace: false,
  };
}

/** `pass`, `inconclusive`, or the kind of the failure; and the reason. */
export function said(outcome: CheckOutcome): string {
  return `${outcome.verdict === 'fail' ? outcome.kind : outcome.verdict}: ${outcome.reason}`;
}
