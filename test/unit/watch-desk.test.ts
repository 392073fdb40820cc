// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, WatchSpec } from '../../src/model.js';
import type { WatchSignal } from '../../src/plugin/api.js';
import { Faults } from '../../src/plugin/faults.js';
import type { EndpointRecord } from '../../src/runtime/health-book.js';
import { WatchDesk } from '../../src/runtime/watch-desk.js';
import type { Watch } from '../../src/runtime/watches.js';
import { FakeClock } from '../../src/testing/fake-clock.js';

const sign: WatchSignal = { kind: 'refused', count: 1, reason: 'refused' };

test('an action is contradicted once, by however many probes, and one that none was is not', async () => {
  const clock = new FakeClock();
  const acts: number[] = [];
  let say: (endpoint: string, signal: WatchSignal) => void = () => assert.fail('it does not watch yet');
  const watch = {
    plugin: 'watch/odd',
    watcher: {
      watch(_targets, report, signal) {
        say = report;
        return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    },
    services: [
      {
        service: { listens: [], endpoints: [{ id: 'a' }] } as unknown as Service,
        spec: { type: 'odd', on: 'verify', count: 1, withinMs: 1_000 } as unknown as WatchSpec,
      },
    ],
  } as Watch;
  using desk = new WatchDesk({
    clock,
    faults: new Faults(clock),
    record: () => ({}) as EndpointRecord,
    act: () => acts.push(clock.monotonicMs()),
    trouble: () => undefined,
  });
  desk.start([watch]);
  const signAt = async (ms: number): Promise<void> => {
    await clock.advance(ms - clock.monotonicMs());
    say('a', sign);
    await clock.advance(0);
  };
  desk.contradicted('a');
  await signAt(0);
  // Of its two checks, and of another endpoint that shares them.
  for (let probe = 0; probe < 3; probe += 1) desk.contradicted('a');
  await signAt(99);
  await signAt(100);
  await signAt(299);
  await signAt(300);
  assert.deepEqual(acts, [0, 100, 300]);
});
