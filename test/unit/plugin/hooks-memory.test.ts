// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Faults } from '../../../src/plugin/faults.js';
import { Guard } from '../../../src/plugin/guard.js';
import { Hooks } from '../../../src/plugin/hooks.js';
import { systemClock } from '../../../src/runtime/clock.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('the hooks of a retired generation are collected, with all that was tapped', async () => {
  // Faults and guard live as long as the daemon.
  const guard = new Guard(new Faults(systemClock), systemClock);
  const retired: WeakRef<Hooks>[] = [];

  async function liveThroughOne(generation: number): Promise<void> {
    const hooks = new Hooks({ guard, onMuted: () => {} });
    const facade = hooks.forPlugin('extension/x');
    const luggage = Array.from({ length: 100_000 }, () => generation);
    facade.started(() => void luggage.length);
    facade.healthChanged(() => void luggage.length);
    facade.beforeApply(() => null);
    facade.adjustDesired((services) => services);
    await hooks.started({ generation });
    hooks.healthChanged({ endpoint: 'a/b/c', from: 'up', to: 'down', reason: '', at: 0 });
    await hooks.beforeApply({ backend: 'x', change: { changes: [] } });
    hooks.adjustDesired([], { backend: 'x' }, () => undefined);
    retired.push(new WeakRef(hooks));
  }

  for (let generation = 0; generation < 20; generation += 1) await liveThroughOne(generation);
  const end = Date.now() + 10_000;
  const alive = (): number => retired.filter((reference) => reference.deref() !== undefined).length;
  while (alive() > 0 && Date.now() < end) {
    await new Promise((turn) => setImmediate(turn));
    collectGarbage();
  }
  assert.equal(alive(), 0);
});
