// SPDX-License-Identifier: MIT
/**
 * What is in order of a configuration that as a whole is not: so that one run tells what else is wrong. A part
 * with a fault is left out whole; where the defaults have one, nothing can be said of any service.
 */
import type { ValidateFunction } from 'ajv';
import { readName } from './formats.js';
import { isRecord, own } from '../is-record.js';
import type { RawCluster, RawDefaults, RawMember, RawRoot, RawService } from './schema/raw.js';
import { MEMBER } from './schema/cluster.js';
import { mapping } from './schema/core-schema.js';
import { INHERITED_SERVICE_KEYS, SERVICE } from './schema/service.js';
import { validatorOf } from './validator.js';

const DEFAULTS = mapping(INHERITED_SERVICE_KEYS);

export async function soundPart(value: unknown): Promise<RawRoot | undefined> {
  const defaults = own(value, 'defaults') ?? {};
  const clusters = own(value, 'clusters');
  const isDefaults = await validatorOf<RawDefaults>(DEFAULTS);
  const isMember = await validatorOf<RawMember>(MEMBER);
  const isService = await validatorOf<RawService>(SERVICE);
  if (!isDefaults(defaults) || !isRecord(clusters)) return undefined;
  const sound: Record<string, RawCluster> = {};
  for (const [name, cluster] of Object.entries(clusters)) {
    const members = soundMembers(own(cluster, 'members'), isMember);
    if (members !== undefined && readName(name).ok)
      sound[name] = { members, services: soundServices(own(cluster, 'services'), isService) };
  }
  return { defaults, clusters: sound };
}

/** Undefined when one is missing: what a service says of it would be taken for a fault of the service. */
function soundMembers(
  members: unknown,
  isMember: ValidateFunction<RawMember>,
): Record<string, string | RawMember> | undefined {
  if (!isRecord(members)) return undefined;
  const sound: Record<string, string | RawMember> = {};
  for (const [name, member] of Object.entries(members)) {
    const written: unknown = typeof member === 'string' ? { address: member } : member;
    if (!isMember(written) || !readName(name).ok) return undefined;
    sound[name] = typeof member === 'string' ? member : written;
  }
  return sound;
}

function soundServices(
  services: unknown,
  isService: ValidateFunction<RawService>,
): Record<string, RawService> {
  const sound: Record<string, RawService> = {};
  for (const [name, service] of Object.entries(isRecord(services) ? services : {})) {
    if (isService(service) && readName(name).ok) sound[name] = service;
  }
  return sound;
}
