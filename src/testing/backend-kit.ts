// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { BackendPlugin } from '../plugin/api.js';
import type { ObjectSchema } from '../plugin/schema.js';
import type { BackendHarness } from './backend-harness.js';
import { KitBench } from './kit-bench.js';
import { capabilityCases } from './kit-capabilities.js';
import { testLifetime } from './kit-lifetime.js';
import { KitServices } from './kit-services.js';
import { schemaProblems } from './schema-problems.js';

/**
 * The contract of backends as tests of `node:test`: call it at the top of a test file. What the kit can't try
 * without the harness's help (foreign state, refusals, interference) is tried where the harness offers it.
 */
export function testBackend<S extends ObjectSchema>(plugin: BackendPlugin<S>, harness: BackendHarness): void {
  // The kit fills in defaults from the schema itself, which is what Infer<S> describes.
  const tried = plugin as unknown as BackendPlugin;
  describe(`backend ${plugin.name} keeps the contract`, () => {
    testDeclarations(tried);
    describe('on its engine', { skip: harness.skip ?? false }, () => {
      testState(tried, harness);
      testCapabilities(tried, harness);
      testLifetime(tried, harness);
    });
  });
}

function testDeclarations(plugin: BackendPlugin): void {
  it('documents its options', () => assert.deepEqual(schemaProblems(plugin.options), []));

  it('declares capabilities that agree with each other', () => {
    const { capabilities: can } = plugin;
    for (const list of [can.families, can.protocols, can.forwarding, can.schedulers]) {
      assert.ok(list.length > 0, 'an engine that can do nothing is none');
      assert.equal(new Set<unknown>(list).size, list.length, 'nothing is named twice');
    }
    for (const [alias, name] of Object.entries(can.schedulerAliases)) {
      assert.ok(can.schedulers.includes(name), `alias ${alias} means a scheduler that it has`);
      assert.ok(!can.schedulers.includes(alias), `alias ${alias} hides a scheduler`);
    }
    assert.ok(can.persistence || !can.netmask, 'a netmask is of persistence');
  });
}

/** Opens a backend that is withdrawn at the end of the test. */
async function open(t: TestContext, plugin: BackendPlugin, harness: BackendHarness): Promise<KitBench> {
  const bench = await KitBench.open(plugin, harness);
  t.after(() => bench.close());
  return bench;
}

function testState(plugin: BackendPlugin, harness: BackendHarness): void {
  const { capabilities: can } = plugin;
  const services = new KitServices(harness, can);

  it('holds nothing at first', async (t) => {
    const bench = await open(t, plugin, harness);
    await bench.assertHolds();
  });

  it('follows members that come, go and change their share', async (t) => {
    const bench = await open(t, plugin, harness);
    let previous = services.make({ at: 0, members: [1, 1, 1] });
    await bench.hold(previous);
    const stations = [
      [1, 1, 1, 1],
      [1, 3, 2],
      [{ index: 2, weight: 5 }],
      ...(can.refuse ? [[]] : []),
      [{ index: 4 }, { index: 5 }],
      [256, 1, 1, 1, 1, 1],
      [1, 1],
    ];
    for (const members of stations) {
      const next = services.make({ at: 0, members, previous });
      await bench.hold(next);
      assert.deepEqual((await bench.changeTo(next)).changes, [], 'a second round finds nothing to do');
      previous = next;
    }
  });

  it('leaves the others alone when one service changes', async (t) => {
    const bench = await open(t, plugin, harness);
    const [a, b, c] = [0, 1, 2].map((at) => services.make({ at, members: [2, 1] }));
    await bench.hold(a!, b!, c!);
    const before = await bench.observe();
    const changed = services.make({ at: 1, members: [1, 1, 1], previous: b! });
    await bench.hold(a!, changed, c!);
    await bench.hold(a!, c!);
    const after = await bench.observe();
    for (const { key } of [a!, c!]) assert.deepEqual(after.get(key), before.get(key));
  });

  it('moves a service from one scheduler to another', async (t) => {
    const bench = await open(t, plugin, harness);
    for (const name of [...can.schedulers, can.schedulers[0]!]) {
      await bench.hold(services.make({ at: 0, members: [1, 2], scheduler: { name, flags: [] } }));
    }
  });

  it('renders the same change the same way, and touches nothing', async (t) => {
    const bench = await open(t, plugin, harness);
    const [a, b] = [0, 1].map((at) => services.make({ at, members: [2, 1] }));
    await bench.hold(a!);
    const change = await bench.changeTo(b!);
    const text = bench.backend.render(change);
    assert.ok(text.length > 0);
    assert.equal(bench.backend.render(structuredClone(change)), text);
    await bench.assertHolds(a!);
  });
}

function testCapabilities(plugin: BackendPlugin, harness: BackendHarness): void {
  const services = new KitServices(harness, plugin.capabilities);
  for (const { name, able, wish } of capabilityCases(plugin.capabilities, harness)) {
    it(able ? `holds ${name} whole` : `refuses ${name} and holds the rest`, async (t) => {
      const bench = await open(t, plugin, harness);
      const asked = services.make(wish);
      if (able) {
        await bench.hold(asked);
        await bench.hold();
        return;
      }
      const fine = services.make({ at: 1, members: [1] });
      const report = await bench.apply(await bench.changeTo(asked, fine));
      assert.deepEqual(
        report.failed.map(({ key }) => key),
        [asked.key],
      );
      await bench.assertHolds(fine);
    });
  }
}
