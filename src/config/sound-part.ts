// SPDX-License-Identifier: MIT
/**
 * What is in order of a configuration that as a whole is not: so that one run tells what else is wrong. A part
 * with a fault is left out whole; where the defaults have one, nothing can be said of any service.
 */
import { readName } from './formats.js';
import { isRecord, own } from '../is-record.js';
import type { RawCluster, RawDefaults, RawMember, RawRoot, RawService } from './schema/raw.js';
import { MEMBER } from './schema/cluster.js';
import { mapping } from './schema/core-schema.js';
import { INHERITED_SERVICE_KEYS, SERVICE } from './schema/service.js';
import { lazyValidator } from './validator.js';

const memberValidator = lazyValidator<RawMember>(MEMBER);
const serviceValidator = lazyValidator<RawService>(SERVICE);
const defaultsValidator = lazyValidator<RawDefaults>(mapping(INHERITED_SERVICE_KEYS));

export function soundPart(value: unknown): RawRoot | undefined {
  const defaults = own(value, 'defaults') ?? {};
  const clusters = own(value, 'clusters');
  if (!defaultsValidator()(defaults) || !isRecord(clusters)) return undefined;
  const sound: Record<string, RawCluster> = {};
  for (const [name, cluster] of Object.entries(clusters)) {
    const members = soundMembers(own(cluster, 'members'));
    if (members !== undefined && readName(name).ok)
      sound[name] = { members, services: soundServices(own(cluster, 'services')) };
  }
  return { defaults, clusters: sound };
}

/** Undefined when one is missing: what a service says of it would be taken for a fault of the service. */
function soundMembers(members: unknown): Record<string, string | RawMember> | undefined {
  if (!isRecord(members)) return undefined;
  const sound: Record<string, string | RawMember> = {};
  const valid = memberValidator();
  for (const [name, member] of Object.entries(members)) {
    const written: unknown = typeof member === 'string' ? { address: member } : member;
    if (!valid(written) || !readName(name).ok) return undefined;
    sound[name] = typeof member === 'string' ? member : written;
  }
  return sound;
}

function soundServices(services: unknown): Record<string, RawService> {
  const valid = serviceValidator();
  const sound: Record<string, RawService> = {};
  for (const [name, service] of Object.entries(isRecord(services) ? services : {})) {
    if (valid(service) && readName(name).ok) sound[name] = service;
  }
  return sound;
}
