// SPDX-License-Identifier: MIT
/** Rules for the same farm by sluice and by nftlb: services that all lead to the same four ports of one member. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { succeed } from '../../test/support/execute.js';
import { changeSet, never, nftablesBackend, virtual } from '../../test/support/nftables.js';
import { tempDirectory } from '../../test/support/temp-directory.js';

export const PORTS = [8080, 8081, 8082, 8083] as const;

/** The address of a service; port 80. */
export function addressOf(nth: number): string {
  return `100.64.${nth >> 8}.${nth & 255}`;
}

export async function loadSluice(services: number, scheduler: string, member: string): Promise<void> {
  const backend = await nftablesBackend();
  const slots = PORTS.map((port) => `${member}:${port}`);
  const wanted = Array.from({ length: services }, (_, nth) =>
    virtual(`${addressOf(nth)}:80/tcp`, slots, { scheduler }),
  );
  const { failed } = await backend.apply(changeSet([], wanted), never);
  if (failed.length > 0) throw new Error(failed[0]!.message);
  await backend.release('keep', never);
}

/** nftlb makes its rules and ends. Each farm costs it more than the one before: a thousand take minutes. */
export function loadNftlb(services: number, member: string): void {
  using directory = tempDirectory();
  const backends = PORTS.map((port, nth) => ({
    name: `b${nth}`,
    'ip-addr': member,
    port: String(port),
    weight: '1',
    priority: '1',
    state: 'up',
  }));
  const farms = Array.from({ length: services }, (_, nth) => ({
    name: `f${nth}`,
    family: 'ipv4',
    'virtual-addr': addressOf(nth),
    'virtual-ports': '80',
    mode: 'dnat',
    protocol: 'tcp',
    scheduler: 'rr',
    state: 'up',
    backends,
  }));
  const file = join(directory.path, 'farms.json');
  writeFileSync(file, JSON.stringify({ farms }));
  const { status, stderr } = spawnSync('nftlb', ['-e', '-L', '1', '-l', '3', '-c', file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`nftlb ended with status ${status}: ${stderr}`);
}

export async function unload(): Promise<void> {
  await succeed('nft', ['flush', 'ruleset']);
}
