// SPDX-License-Identifier: MIT
import type { CheckOutcome, CheckTarget, Prober } from '../plugin/api.js';
import type { CheckSpec, Endpoint, Service } from '../model.js';
import type { Family, Protocol } from '../virtual-service.js';
import type { Sweep } from './sweep.js';

/** One probe that runs on schedule. Endpoints with the same target and the same check share it. */
export interface Probe {
  readonly key: string;
  readonly spec: CheckSpec;
  readonly target: CheckTarget;
  readonly prober: Prober;
  /** Takes scheduled probes in place of the prober's `probe`, where the check has a sweep form. */
  readonly sweep?: Sweep;
  readonly cost: 'socket' | 'process';
}

export interface ProbeResult {
  readonly outcome: CheckOutcome;
  /** Wall clock at the end. */
  readonly at: number;
  readonly tookMs: number;
}

/**
 * Where the checks of an endpoint go: each check at each address that its service's listens use, so that a
 * member that answers on IPv4 alone is not trusted with IPv6 traffic.
 */
export function checkTargets(service: Service, endpoint: Endpoint, spec: CheckSpec): CheckTarget[] {
  const protocol: Protocol = service.listens[0]?.protocol ?? 'tcp';
  const port = spec.port ?? endpoint.port ?? endpoint.ports[0];
  if (port === undefined) return [];
  return addressesInUse(service, endpoint, spec).map((address) => ({
    endpoint: endpoint.id,
    address,
    family: familyOf(address),
    port,
    protocol,
    timeoutMs: spec.timeoutMs,
    source: spec.source,
    fwmark: spec.fwmark,
    trace: false,
  }));
}

function addressesInUse(service: Service, endpoint: Endpoint, spec: CheckSpec): string[] {
  if (spec.address !== null) return [spec.address];
  const families = new Set(service.listens.map((listen) => listen.family));
  const all = [endpoint.addresses[4], endpoint.addresses[6]].filter((address) => address !== undefined);
  const used = all.filter((address) => families.has(familyOf(address)));
  return used.length > 0 ? used : all;
}

export function familyOf(address: string): Family {
  return address.includes(':') ? 6 : 4;
}

/** Same key, same probe. The fingerprint already holds the check's options, times and thresholds. */
export function probeKey(spec: CheckSpec, target: CheckTarget): string {
  return `${spec.type} ${target.protocol} ${target.address} ${target.port} ${spec.fingerprint}`;
}
