// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import type { CheckSpec, Config } from '../../src/model.js';
import { defineCheck } from '../../src/plugin/define.js';
import { Faults } from '../../src/plugin/faults.js';
import type { PluginRegistry } from '../../src/plugin/registry.js';
import { makeChecks } from '../../src/runtime/checks.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { targetAt } from '../support/probe.js';

const CHECKS = 100;

test('however many checks sweep, the signal of their configuration has one listener, and all hear of it', async () => {
  const sweeping = new Set<AbortSignal>();
  const plugin = defineCheck({
    name: 'many',
    description: 'Answers never.',
    options: { type: 'object', additionalProperties: false, properties: {} },
    create: () => ({
      probe: () => assert.fail('it sweeps'),
      async probeMany(targets, _report, signal) {
        sweeping.add(signal);
        for await (const _ of targets);
      },
    }),
  });
  const specs = Array.from(
    { length: CHECKS },
    (_, n) => ({ type: 'many', options: { n } }) as unknown as CheckSpec,
  );
  const clock = new FakeClock();
  const retire = new AbortController();
  const checks = await makeChecks({ clusters: [{ services: [{ checks: specs }] }] } as unknown as Config, {
    registry: { get: () => Promise.resolve(plugin) } as unknown as PluginRegistry,
    create: async (_, make) => make(undefined as never),
    clock,
    faults: new Faults(clock),
    signal: retire.signal,
  });
  const said: string[] = [];
  for (const spec of specs) {
    const target = targetAt({ address: '127.0.0.1', port: 80 });
    checks.prober(spec).sweep!.take(target, ({ reason }) => said.push(reason));
  }
  await clock.advance(0);
  assert.equal(sweeping.size, CHECKS);
  assert.equal(getEventListeners(retire.signal, 'abort').length, 1);
  retire.abort();
  assert.deepEqual(
    said,
    Array.from({ length: CHECKS }, () => 'the configuration has retired'),
  );
  assert.ok([...sweeping].every(({ aborted }) => aborted));
});
