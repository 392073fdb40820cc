// SPDX-License-Identifier: MIT
import type { Addresses, Member } from '../../model.js';
import { readAddress } from '../address.js';
import type { Path, Problem } from '../problem.js';
import type { RawMember } from '../schema/raw.js';
import { durationMs } from './must.js';

export interface ResolvedMember {
  readonly member: Member;
  readonly problems: readonly Problem[];
}

/** One member of a cluster; `path` leads to it. */
export function resolveMember(name: string, raw: string | RawMember, path: Path): ResolvedMember {
  const written: RawMember = typeof raw === 'string' ? { address: raw } : raw;
  const addressPath = typeof raw === 'string' ? path : [...path, 'address'];
  const { addresses, hostname, problems } = readAddresses(written, path, addressPath);
  const member: Member = {
    name,
    addresses,
    hostname: hostname === null ? null : { name: hostname, resolveMs: durationMs(written.resolve, 0) },
    weight: written.weight ?? 1,
    admin: written.admin ?? 'enabled',
    labels: written.labels ?? {},
  };
  return { member, problems };
}

interface ReadAddresses {
  readonly addresses: Addresses;
  readonly hostname: string | null;
  readonly problems: readonly Problem[];
}

function readAddresses(written: RawMember, path: Path, addressPath: Path): ReadAddresses {
  const texts = typeof written.address === 'string' ? [written.address] : written.address;
  const addresses: { 4?: string; 6?: string } = {};
  const problems: Problem[] = [];
  let hostname: string | null = null;
  for (const [index, text] of texts.entries()) {
    const at = typeof written.address === 'string' ? addressPath : [...addressPath, index];
    const parsed = readAddress(text);
    if (!parsed.ok) {
      hostname = text;
      problems.push(...hostnameProblems(text, written.resolve, path, at));
      continue;
    }
    const { family, address } = parsed.value;
    if (addresses[family] === undefined) addresses[family] = address;
    else problems.push(secondAddress(family, at));
  }
  if (hostname === null && written.resolve !== undefined) {
    problems.push({
      code: 'SLUICE_CFG_CONFLICT',
      message: '`resolve` is for a DNS name, and this member has a fixed address',
      path: [...path, 'resolve'],
      at: 'key',
    });
  }
  return { addresses, hostname, problems };
}

function hostnameProblems(text: string, resolve: string | undefined, path: Path, at: Path): Problem[] {
  if (resolve === undefined) {
    return [
      {
        code: 'SLUICE_CFG_VALUE',
        message: `"${text}" is not an IP address`,
        hint: 'write the IP address of the member',
        path: at,
      },
    ];
  }
  return [
    {
      code: 'SLUICE_CFG_UNSUPPORTED',
      message: 'members by DNS name (`resolve`) are not supported by this version of sluice',
      hint: 'write the IP address of the member',
      path: [...path, 'resolve'],
      at: 'key',
    },
  ];
}

function secondAddress(family: 4 | 6, path: Path): Problem {
  return {
    code: 'SLUICE_CFG_CONFLICT',
    message: `this is a second IPv${family} address: a member has at most one of each family`,
    hint: 'write one member for each address',
    path,
  };
}
