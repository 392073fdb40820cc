// SPDX-License-Identifier: MIT
/** SYN probes in a lab: the check under test, and what of it the kernel shows. */
import assert from 'node:assert/strict';
import tcp from '../../plugins/check-tcp/index.js';
import type { CheckTarget } from '../../src/plugin/api.js';
import { testContext } from '../../src/testing.js';
import { tcpOptions } from '../support/check-options.js';
import { targetAt } from '../support/probe.js';
import { type RunningSweep, startSweep } from '../support/running-sweep.js';
import type { Host } from './host.js';
import type { Lab } from './lab.js';

/** What an answer says. */
export const ANSWERED = /^pass: answered SYN in [\d.]+ ms$/;

export async function synSweep(): Promise<RunningSweep> {
  return startSweep(await tcp.create(testContext(), tcpOptions({ probe: 'syn' })));
}

export function synTarget(address: string, port: number, own: Partial<CheckTarget> = {}): CheckTarget {
  return { ...targetAt({ address, port }), timeoutMs: 2_000, ...own };
}

/** Rules in a host of the lab. */
export async function rulesAt(host: Host, text: string): Promise<void> {
  const { status, stderr } = await host.run('nft', ['-f', '-'], { input: text });
  assert.equal(status, 0, stderr);
}

/** A chain at a hook, with these rules. */
export function chain(hook: string, ...rules: readonly string[]): string {
  return `table inet test_${hook} {
    chain rules { type filter hook ${hook} priority 0; policy accept;
      ${rules.join('\n')}
    }
  }\n`;
}

/** Source ports of the SYN probes that the kernel holds rules for. */
export async function probePorts(lab: Lab): Promise<number[]> {
  const tables = await lab.nft(['list', 'tables']);
  return [...tables.matchAll(/sluice_probes_(\d+)/g)].map(([, port]) => Number(port));
}
