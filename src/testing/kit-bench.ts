// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import type { ApplyReport, ChangeSet } from '../change-set.js';
import { diffServices } from '../desired/diff.js';
import type { Backend, BackendPlugin } from '../plugin/api.js';
import type { ObjectSchema } from '../plugin/schema.js';
import { deepFreeze } from '../plugin/freeze.js';
import type { VirtualService } from '../virtual-service.js';
import type { BackendHarness } from './backend-harness.js';
import { testContext } from './test-context.js';

const CALL_LIMIT_MS = 10_000;

/** One backend on the harness's engine, with the assertions that the kit's tests share. */
export class KitBench {
  readonly backend: Backend;

  private constructor(backend: Backend) {
    this.backend = backend;
  }

  static async open(plugin: BackendPlugin, harness: BackendHarness): Promise<KitBench> {
    const backend = await plugin.create(testContext(), withDefaults(plugin.options, harness.options));
    return new KitBench(backend);
  }

  static limit(): AbortSignal {
    return AbortSignal.timeout(CALL_LIMIT_MS);
  }

  async observe(): Promise<Map<string, VirtualService>> {
    return byKey((await this.backend.observe(KitBench.limit())).services);
  }

  /** What leads from what is held to these services, and no others. */
  async changeTo(...services: VirtualService[]): Promise<ChangeSet> {
    return deepFreeze(structuredClone(diffServices(await this.observe(), byKey(services))));
  }

  async apply(change: ChangeSet): Promise<ApplyReport> {
    const report = await this.backend.apply(change, KitBench.limit());
    const told = [...report.applied, ...report.failed.map(({ key }) => key)].toSorted();
    const asked = change.changes.map(({ key }) => key).toSorted();
    assert.deepEqual(told, asked, 'every change is in the report, once');
    for (const { code, message } of report.failed) {
      assert.ok(code.length > 0 && message.length > 0, 'a failure has a code and a sentence');
    }
    return report;
  }

  /** Holds exactly these services, and reads them back. */
  async hold(...services: VirtualService[]): Promise<void> {
    const { failed } = await this.apply(await this.changeTo(...services));
    assert.deepEqual(failed, [], 'nothing is refused');
    await this.assertHolds(...services);
  }

  async assertHolds(...services: VirtualService[]): Promise<void> {
    const { services: found, strays } = await this.backend.observe(KitBench.limit());
    assert.equal(strays ?? 0, 0, 'nothing is left that no service explains');
    const held = byKey(found);
    assert.deepEqual(diffServices(held, byKey(services)).changes, [], 'observe tells what was applied');
    for (const { key, slots } of services) assert.deepEqual(held.get(key)?.slots, slots, `slots of ${key}`);
  }

  async close(mode: 'keep' | 'withdraw' = 'withdraw'): Promise<void> {
    await this.backend.release(mode, KitBench.limit());
    await this.backend[Symbol.asyncDispose]?.();
  }
}

function byKey(services: readonly VirtualService[]): Map<string, VirtualService> {
  return new Map(services.map((one) => [one.key, one]));
}

/** `given`, with the schema's defaults for what it doesn't say. */
function withDefaults(
  schema: ObjectSchema,
  given: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const defaults = Object.entries(schema.properties).flatMap(([key, property]) =>
    'default' in property ? [[key, structuredClone(property.default)] as const] : [],
  );
  return { ...Object.fromEntries(defaults), ...given };
}
