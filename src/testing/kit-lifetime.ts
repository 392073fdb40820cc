// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendPlugin } from '../plugin/api.js';
import type { BackendHarness } from './backend-harness.js';
import { KitBench } from './kit-bench.js';
import { KitServices } from './kit-services.js';

const HEED_MS = 1_000;
const NOTICE_MS = 3_000;

/** How a backend begins, ends, is interrupted, and lives beside others. */
export function testLifetime(plugin: BackendPlugin, harness: BackendHarness): void {
  const { capabilities: can } = plugin;
  const services = new KitServices(harness, can);
  const open = (): Promise<KitBench> => KitBench.open(plugin, harness);
  const [a, b] = [0, 1].map(
    (at) => (): ReturnType<KitServices['make']> => services.make({ at, members: [2, 1] }),
  ) as [() => ReturnType<KitServices['make']>, () => ReturnType<KitServices['make']>];

  itIf(harness.inspect !== undefined, 'takes away all that it added', async () => {
    const pristine = await harness.inspect!();
    const bench = await open();
    try {
      await bench.hold(a(), b());
      await bench.hold();
      const emptied = await harness.inspect!();
      await bench.hold(b(), a());
      await bench.hold();
      assert.equal(await harness.inspect!(), emptied, 'nothing piles up');
    } finally {
      await bench.close();
    }
    assert.equal(await harness.inspect!(), pristine, 'withdrawn without a trace');
  });

  it('is withdrawn whatever it holds', async () => {
    const bench = await open();
    await bench.hold(a(), b());
    await bench.close();
    const next = await open();
    await next.assertHolds();
    await next.close();
  });

  it('comes to terms with its own end', async () => {
    const first = await open();
    await first.hold(a(), b());
    await first.close('keep');
    const second = await open();
    try {
      await second.assertHolds(...(harness.outlivesInstance === true ? [a(), b()] : []));
      await second.hold(b());
    } finally {
      await second.close();
    }
  });

  itIf(
    harness.outlivesInstance === true,
    'adopts what it held when it was killed, between any two changes',
    async () => {
      const killed = await open();
      await killed.hold(a());
      const { changes } = await killed.changeTo(a(), b());
      for (const change of changes) await killed.apply({ changes: [change] });
      const heir = await open();
      try {
        await heir.assertHolds(a(), b());
        await heir.hold(services.make({ at: 0, members: [1, 1, 1], previous: a() }));
      } finally {
        await heir.close();
      }
    },
  );

  it('heeds an aborted signal, and can be put right afterwards', async () => {
    const bench = await open();
    try {
      await bench.hold(a());
      const change = await bench.changeTo(a(), b());
      const abort = AbortSignal.abort(new Error('enough'));
      const startedMs = performance.now();
      await Promise.allSettled([bench.backend.apply(change, abort)]);
      await Promise.allSettled([bench.backend.observe(abort)]);
      assert.ok(performance.now() - startedMs < HEED_MS, `settles within ${HEED_MS} ms`);
      await bench.hold(a(), b());
    } finally {
      await bench.close();
    }
  });

  itIf(harness.refuse !== undefined, 'reports what the engine refuses, and holds the rest', async () => {
    const bench = await open();
    try {
      const change = await bench.changeTo(a(), b());
      const refusal = await harness.refuse!(a());
      try {
        const report = await bench.apply(change);
        assert.deepEqual(report.applied, [b().key]);
      } finally {
        await refusal[Symbol.asyncDispose]();
      }
      await bench.assertHolds(b());
      await bench.hold(a(), b());
    } finally {
      await bench.close();
    }
  });

  itIf(harness.foreign !== undefined, 'leaves foreign state alone', async () => {
    const foreign = await harness.foreign!();
    try {
      const before = await foreign.look();
      const bench = await open();
      try {
        await bench.hold(a(), b());
        await bench.hold(b());
        assert.equal(await foreign.look(), before);
      } finally {
        await bench.close();
      }
      assert.equal(await foreign.look(), before);
    } finally {
      await foreign[Symbol.asyncDispose]();
    }
  });

  itIf(harness.interfere !== undefined, 'tells of interference, and repairs it', async () => {
    const bench = await open();
    try {
      assert.ok(bench.backend.onDrift !== undefined, 'an engine that others can change has onDrift');
      await bench.hold(a(), b());
      const told: string[] = [];
      using _watch = bench.backend.onDrift((what) => told.push(what));
      await harness.interfere!();
      const limit = AbortSignal.timeout(NOTICE_MS);
      while (told.length === 0 && !limit.aborted) await sleep(10);
      assert.ok(told.length > 0, `onDrift is called within ${NOTICE_MS} ms`);
      assert.notDeepEqual((await bench.changeTo(a(), b())).changes, []);
      await bench.hold(a(), b());
    } finally {
      await bench.close();
    }
  });

  it('counts connections by service and member', async () => {
    const bench = await open();
    try {
      await bench.hold(a());
      const counts = await bench.backend.connections?.(KitBench.limit());
      for (const [name, count] of counts ?? []) {
        assert.match(name, /^\S+ \S+$/);
        assert.ok(Number.isInteger(count) && count >= 0);
      }
    } finally {
      await bench.close();
    }
  });
}

/** What the harness doesn't offer is no test at all, rather than one that is skipped for ever. */
function itIf(offered: boolean, name: string, run: () => Promise<void>): void {
  if (offered) it(name, run);
}
