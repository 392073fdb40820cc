// SPDX-License-Identifier: MIT
import type { CheckNow } from '../status.js';
import { serverKey } from '../virtual-service.js';
import type { EndpointRecord } from './health-book.js';
import type { ProbeRunner } from './probe-runner.js';
import { resultStatus } from './report.js';

/** Probes an endpoint apart from its schedule and shows what was said; health hears nothing of it. */
export async function checkNow(record: EndpointRecord, runner: ProbeRunner): Promise<CheckNow> {
  const probes = record.parts.map(async ({ probe }) => {
    const result = await runner.run(probe, { ...probe.target, endpoint: record.endpoint.id, trace: true });
    const dialogue = result.outcome.details?.['dialogue'];
    return {
      type: probe.spec.type,
      target: serverKey(probe.target),
      result: resultStatus(result),
      dialogue: Array.isArray(dialogue) ? dialogue.map(String) : [],
    };
  });
  return { endpoint: record.endpoint.id, probes: await Promise.all(probes) };
}
