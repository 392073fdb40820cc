// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dealSlots } from '../../../src/desired/deal.js';
import { Faults } from '../../../src/plugin/faults.js';
import { Guard } from '../../../src/plugin/guard.js';
import { HOOK_BUDGET_MS, Hooks } from '../../../src/plugin/hooks.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { type RealServer, serverKey, type VirtualService } from '../../../src/virtual-service.js';

function setUp() {
  const clock = new FakeClock();
  const faults = new Faults(clock);
  const muted: string[] = [];
  const hooks = new Hooks({ guard: new Guard(faults, clock), onMuted: (sentence) => muted.push(sentence) });
  return { clock, faults, hooks, muted };
}

const HEALTH = { endpoint: 'shop/http/a', from: 'up', to: 'down', reason: 'refused', at: 0 } as const;
const CHANGE = { backend: 'nftables', change: { changes: [] } };
const BACKEND = { backend: 'nftables' };
const nothingHeld = (): undefined => undefined;

function member(last: number, weight = 1): RealServer {
  return { address: `10.0.0.${last}`, port: 8080, weight, state: 'active', endpoint: `shop/http/m${last}` };
}

function service(last: number, slots = false): VirtualService {
  const members = [member(1), member(2)];
  return {
    key: `192.0.2.${last}:80/tcp`,
    service: 'shop/http',
    frontend: {
      kind: 'address',
      family: 4,
      address: `192.0.2.${last}`,
      protocol: 'tcp',
      port: 80,
      portLast: 80,
    },
    scheduler: { name: 'random', flags: [] },
    forwarding: { mode: 'nat' },
    sourceNat: 'none',
    persistence: null,
    rescue: false,
    limits: null,
    members,
    slots: slots ? ['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.1:8080', '10.0.0.2:8080'] : null,
  };
}

describe('observers', () => {
  it('run in the order of their stages, each with frozen news', () => {
    const { hooks } = setUp();
    const ran: string[] = [];
    hooks.forPlugin('extension/b').healthChanged((change) => ran.push(`b ${Object.isFrozen(change)}`));
    hooks.forPlugin('extension/a').healthChanged(() => ran.push('a'), { stage: -100 });
    hooks.healthChanged({ ...HEALTH });
    assert.deepEqual(ran, ['a', 'b true']);
  });

  it('that throw keep nobody else from running, and are named', () => {
    const { hooks, faults } = setUp();
    let ran = 0;
    hooks.forPlugin('extension/bad').healthChanged(() => {
      throw new Error('oops');
    });
    hooks.forPlugin('extension/good').healthChanged(() => void (ran += 1));
    hooks.healthChanged(HEALTH);
    assert.equal(ran, 1);
    assert.equal(faults.last('extension/bad')?.hook, 'healthChanged');
    assert.equal(faults.count('extension/good'), 0);
  });

  it('that hang hold nobody up beyond the hook’s budget', async () => {
    const { hooks, faults, clock } = setUp();
    let ran = 0;
    hooks.forPlugin('extension/hangs').started(() => new Promise(() => {}));
    hooks.forPlugin('extension/good').started(() => void (ran += 1));
    const started = hooks.started({ generation: 1 });
    assert.equal(ran, 1, 'taps run side by side');
    await clock.advance(HOOK_BUDGET_MS.started);
    await started;
    assert.equal(faults.last('extension/hangs')?.kind, 'timeout');
  });

  it('are left out after three faults in a minute, until reload', async () => {
    const { hooks, faults, clock, muted } = setUp();
    let ran = 0;
    hooks.forPlugin('extension/bad').healthChanged(() => {
      ran += 1;
      throw new Error('oops');
    });
    hooks.healthChanged(HEALTH);
    await clock.advance(61_000);
    hooks.healthChanged(HEALTH);
    hooks.healthChanged(HEALTH);
    assert.equal(muted.length, 0, 'the first fault is forgotten');
    for (let n = 0; n < 5; n += 1) hooks.healthChanged(HEALTH);
    assert.equal(ran, 4);
    assert.equal(faults.count('extension/bad'), 4);
    assert.equal(muted.length, 1);
    assert.match(muted[0]!, /^plugin extension\/bad failed 3 times within a minute at healthChanged/);
  });
});

describe('adjusters', () => {
  it('pass services on to one another, and may leave some out', () => {
    const { hooks } = setUp();
    assert.equal(hooks.adjusts, false);
    hooks.forPlugin('extension/a').adjustDesired((services) => services.slice(1));
    hooks
      .forPlugin('extension/b')
      .adjustDesired((services, { backend }) =>
        services.map((service) => ({ ...service, members: backend === 'nftables' ? [member(1, 5)] : [] })),
      );
    const adjusted = hooks.adjustDesired([service(1), service(2)], BACKEND, nothingHeld);
    assert.deepEqual(adjusted, [{ ...service(2), members: [member(1, 5)] }]);
    assert.equal(hooks.adjusts, true);
  });

  it('have slots dealt for what they changed', () => {
    const { hooks } = setUp();
    hooks
      .forPlugin('extension/a')
      .adjustDesired((services) =>
        services.map((service) => ({ ...service, members: service.members.slice(1) })),
      );
    const [adjusted] = hooks.adjustDesired([service(1, true)], BACKEND, nothingHeld);
    assert.deepEqual(
      adjusted?.slots,
      Array.from({ length: 4 }, () => '10.0.0.2:8080'),
    );
  });

  it('that want the same again move no slot', () => {
    const { hooks } = setUp();
    hooks
      .forPlugin('extension/a')
      .adjustDesired((services) =>
        services.map((service) => ({ ...service, members: service.members.slice(1) })),
      );
    const members = [1, 2, 3, 4, 5].map((last) => member(last, last));
    const keys = members.map((each) => ({ key: serverKey(each), weight: each.weight }));
    let held: VirtualService | undefined;
    for (let round = 0; round < 4; round += 1) {
      const slots = dealSlots(keys, 64, held?.slots ?? null);
      const [adjusted] = hooks.adjustDesired([{ ...service(1), members, slots }], BACKEND, () => held);
      if (held !== undefined) assert.deepEqual(adjusted?.slots, held.slots);
      held = adjusted;
    }
  });

  it('that change nothing leave the very same services', () => {
    const { hooks } = setUp();
    hooks.forPlugin('extension/a').adjustDesired((services) => services.map((service) => ({ ...service })));
    const before = [service(1, true)];
    assert.equal(hooks.adjustDesired(before, BACKEND, nothingHeld)[0], before[0]);
  });

  const first = (services: readonly VirtualService[]): VirtualService => services[0]!;
  const nonsense: Record<string, (services: readonly VirtualService[]) => unknown> = {
    'no list of services': () => null,
    'service 192.0.2.9:80/tcp, which is not among those it was given': () => [service(9)],
    'service 192.0.2.1:80/tcp twice': (services) => [first(services), first(services)],
    'another scheduler of service 192.0.2.1:80/tcp, which only the configuration may change': (services) => [
      { ...first(services), scheduler: { name: 'mh', flags: [] } },
    ],
    'a weight of 10.0.0.1:8080 that is not between 0 and 256 in service 192.0.2.1:80/tcp': (services) => [
      { ...first(services), members: [member(1, 257)] },
    ],
    'a member without an address in service 192.0.2.1:80/tcp': (services) => [
      { ...first(services), members: [{ ...member(1), address: 'localhost; reboot' }] },
    ],
    'member [2001:db8::1]:8080 of the wrong address family in service 192.0.2.1:80/tcp': (services) => [
      { ...first(services), members: [{ ...member(1), address: '2001:db8::1' }] },
    ],
  };
  for (const [problem, adjust] of Object.entries(nonsense)) {
    it(`are not heeded when they return ${problem}`, () => {
      const { hooks, faults } = setUp();
      hooks
        .forPlugin('extension/bad')
        .adjustDesired((services) => adjust(services) as readonly VirtualService[]);
      const before = [service(1)];
      assert.deepEqual(hooks.adjustDesired(before, BACKEND, nothingHeld), before);
      assert.equal(faults.last('extension/bad')?.kind, 'nonsense');
      assert.equal(faults.last('extension/bad')?.message, `returned ${problem}`);
    });
  }
});

describe('a veto', () => {
  it('is the first reason given, with the plugin’s name', async () => {
    const { hooks } = setUp();
    assert.equal(await hooks.beforeApply(CHANGE), null);
    hooks.forPlugin('extension/fine').beforeApply(() => null);
    hooks.forPlugin('extension/stop').beforeApply(async () => 'not on a Friday');
    hooks.forPlugin('extension/last').beforeApply(() => assert.fail('asked'));
    assert.equal(await hooks.beforeApply(CHANGE), 'extension/stop: not on a Friday');
  });

  it('is not cast by a plugin that fails, hangs or talks nonsense', async () => {
    const { hooks, faults, clock } = setUp();
    hooks.forPlugin('extension/throws').beforeApply(() => {
      throw new Error('oops');
    });
    hooks.forPlugin('extension/lies').beforeApply(() => JSON.parse('true') as string);
    hooks.forPlugin('extension/hangs').beforeApply(() => new Promise(() => {}));
    const veto = hooks.beforeApply(CHANGE);
    await clock.advance(HOOK_BUDGET_MS.beforeApply);
    assert.equal(await veto, null);
    const kinds = faults.summaries().map(({ last }) => last.kind);
    assert.deepEqual(kinds, ['throw', 'nonsense', 'timeout']);
  });
});

describe('cross checks', () => {
  it('name their plugin; one that fails is a problem of its own', () => {
    const { hooks } = setUp();
    hooks.forPlugin('extension/a').checkConfig(() => [{ path: ['clusters', 'shop'], message: 'too small' }]);
    hooks.forPlugin('extension/b').checkConfig(() => {
      throw new Error('oops');
    });
    hooks.forPlugin('extension/c').checkConfig(() => JSON.parse('[{"message": 1}]') as []);
    assert.deepEqual(hooks.checkConfig({}), [
      { plugin: 'extension/a', path: ['clusters', 'shop'], message: 'too small' },
      { plugin: 'extension/b', path: [], message: 'plugin extension/b failed: oops' },
      { plugin: 'extension/c', path: [], message: 'plugin extension/c returned no list of problems' },
    ]);
  });
});

describe('tapping', () => {
  it('takes stages from -100 to 100 only, and ends when the generation begins', () => {
    const { hooks } = setUp();
    const facade = hooks.forPlugin('extension/a');
    assert.throws(() => facade.healthChanged(() => {}, { stage: -101 }), /from -100 to 100/);
    hooks.seal();
    assert.throws(() => facade.healthChanged(() => {}), /only be tapped in create/);
  });
});
