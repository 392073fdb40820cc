// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { computeService, type EndpointView } from '../../src/desired/compute.js';
import { diffServices } from '../../src/desired/diff.js';
import { serverKey, type VirtualService } from '../../src/virtual-service.js';
import { endpoint, listen, service } from '../support/desired.js';

const NAMES = ['a', 'b', 'c', 'd', 'e'];

const view: fc.Arbitrary<EndpointView> = fc.record({
  state: fc.constantFrom('unknown', 'up', 'down'),
  admin: fc.constantFrom('enabled', 'enabled', 'enabled', 'drain', 'disabled'),
  weight: fc.constantFrom(0, 0.5, 1, 1, 1, 2),
});
const snapshots = fc.array(fc.array(view, { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 6 });
const services = fc
  .record({
    onAllDown: fc.constantFrom('fallback' as const, 'refuse' as const, 'hold' as const),
    scheduler: fc.constantFrom('round-robin', 'random', 'source-hash'),
    weights: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 5, maxLength: 5 }),
  })
  .map(({ onAllDown, scheduler, weights }) =>
    service({
      listens: [listen('192.0.2.10'), listen('192.0.2.11', 443)],
      onAllDown,
      scheduler: { name: scheduler, flags: [] },
      fallback: onAllDown === 'fallback' ? { family: 4, address: '10.9.9.9', port: 99 } : null,
      endpoints: NAMES.map((name, index) => endpoint(name, { weight: weights[index]! })),
    }),
  );
const engines = fc.record({ slots: fc.boolean(), draining: fc.boolean() });

function viewsOf(snapshot: readonly EndpointView[]): (id: string) => EndpointView {
  return (id) => snapshot[NAMES.indexOf(id.at(-1)!)]!;
}

describe('laws of the desired state', () => {
  it('computing again from what was computed changes nothing', () => {
    fc.assert(
      fc.property(services, snapshots, engines, (service, snapshots, engine) => {
        let held = new Map<string, VirtualService>();
        for (const snapshot of snapshots) {
          const compute = (from: ReadonlyMap<string, VirtualService>): Map<string, VirtualService> =>
            new Map(
              computeService(service, viewsOf(snapshot), (key) => from.get(key), engine).map((each) => [
                each.key,
                each,
              ]),
            );
          const wanted = compute(held);
          assert.deepEqual(diffServices(wanted, compute(wanted)), { changes: [] });
          held = wanted;
        }
      }),
    );
  });

  it('a member takes new connections only if enabled, with weight, and up, held or kept for want of any', () => {
    fc.assert(
      fc.property(services, snapshots, engines, (service, snapshots, engine) => {
        const held = new Map<string, VirtualService>();
        for (const snapshot of snapshots) {
          for (const wanted of computeService(service, viewsOf(snapshot), (key) => held.get(key), engine)) {
            const before = new Set(held.get(wanted.key)?.members.map(serverKey));
            for (const member of wanted.members) {
              if (member.endpoint.endsWith('(fallback)')) continue;
              const { state, admin, weight } = viewsOf(snapshot)(member.endpoint);
              assert.notEqual(admin, 'disabled');
              if (member.state === 'draining') {
                assert.ok(engine.draining && member.weight === 0 && before.has(serverKey(member)));
              } else {
                assert.ok(admin === 'enabled' && weight > 0 && member.weight === weight);
                assert.ok(state === 'up' || before.has(serverKey(member)));
                assert.ok(state !== 'down' || service.onAllDown === 'hold');
              }
            }
            held.set(wanted.key, wanted);
          }
        }
      }),
    );
  });

  it('members are in the order of their keys, and slots name exactly those that take new connections', () => {
    fc.assert(
      fc.property(services, snapshots, engines, (service, snapshots, engine) => {
        const held = new Map<string, VirtualService>();
        for (const snapshot of snapshots) {
          for (const wanted of computeService(service, viewsOf(snapshot), (key) => held.get(key), engine)) {
            const keys = wanted.members.map(serverKey);
            assert.deepEqual(keys, [...new Set(keys)].toSorted());
            assert.equal(wanted.slots !== null, engine.slots);
            if (wanted.slots !== null) {
              const active = wanted.members.filter((member) => member.state === 'active').map(serverKey);
              assert.deepEqual([...new Set(wanted.slots)].toSorted(), active);
            }
            held.set(wanted.key, wanted);
          }
        }
      }),
    );
  });

  it('neither a failure nor a drain changes the number of slots', () => {
    fc.assert(
      fc.property(services, snapshots, (service, snapshots) => {
        const sizes = snapshots.flatMap((snapshot) => {
          const steady = snapshot.map((each, index) => ({
            ...each,
            weight: service.endpoints[index]!.weight,
          }));
          const engine = { slots: true, draining: false };
          return computeService(service, viewsOf(steady), () => undefined, engine)
            .map((each) => each.slots!.length)
            .filter((size) => size > 0);
        });
        assert.ok(new Set(sizes).size <= 1);
      }),
    );
  });
});
