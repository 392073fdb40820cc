// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ChangeSet, ServiceChange } from '../../src/change-set.js';
import { dealSlots } from '../../src/desired/deal.js';
import { diffServices } from '../../src/desired/diff.js';
import { serverKey, type RealServer, type VirtualService } from '../../src/virtual-service.js';
import { server, virtualService } from '../support/desired.js';

type Services = ReadonlyMap<string, VirtualService>;

const member: fc.Arbitrary<RealServer> = fc
  .record({
    last: fc.integer({ min: 1, max: 6 }),
    weight: fc.integer({ min: 1, max: 3 }),
    draining: fc.boolean(),
    label: fc.constantFrom('', 'shop/http/a', 'shop/web/b'),
  })
  .map(({ last, weight, draining, label }) =>
    server(`10.0.0.${last}`, {
      weight: draining ? 0 : weight,
      state: draining ? 'draining' : 'active',
      endpoint: label,
    }),
  );

const members = fc
  .uniqueArray(member, { selector: serverKey, maxLength: 5 })
  .map((members) => members.toSorted((a, b) => (serverKey(a) < serverKey(b) ? -1 : 1)));

function servicesArbitrary(dealt: boolean): fc.Arbitrary<Services> {
  return fc
    .uniqueArray(
      fc.record({
        port: fc.integer({ min: 1, max: 4 }),
        members,
        scheduler: fc.constantFrom('round-robin', 'random'),
        label: fc.constantFrom('', 'shop/http', 'shop/web'),
        rescue: fc.boolean(),
        size: fc.constantFrom(12, 60),
      }),
      { selector: ({ port }) => port, maxLength: 4 },
    )
    .map((all) => {
      const services = all.map(({ port, members, scheduler, label, rescue, size }) => {
        const weighted = members.map((each) => ({ key: serverKey(each), weight: each.weight }));
        return virtualService(members, {
          frontend: {
            kind: 'address',
            family: 4,
            address: '192.0.2.1',
            protocol: 'tcp',
            port,
            portLast: port,
          },
          service: label,
          scheduler: { name: scheduler, flags: [] },
          rescue,
          slots: dealt ? dealSlots(weighted, size, null) : null,
        });
      });
      return new Map(services.map((each) => [each.key, each]));
    });
}

const pairs = fc
  .boolean()
  .chain((dealt) => fc.tuple(servicesArbitrary(dealt), servicesArbitrary(dealt), fc.constant(dealt)));

/** The simplest backend there is: it holds what the changes say. */
function apply(before: Services, { changes }: ChangeSet): Map<string, VirtualService> {
  const held = new Map(before);
  for (const { key, before, after } of changes) {
    assert.equal(held.get(key) ?? null, before);
    if (after === null) held.delete(key);
    else held.set(key, after);
  }
  return held;
}

/** What makes a difference to an engine. */
function essence(services: Services, dealt: boolean): unknown {
  return [...services.values()]
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ service: _label, members, ...rest }) => ({
      ...rest,
      members: members.map(({ endpoint: _label, weight, ...member }) => ({
        ...member,
        weight: dealt ? null : weight,
      })),
    }));
}

/** Carries out the operations one by one and looks at the active members after each. */
function replay(
  { before, operations }: ServiceChange,
  look: (held: ReadonlyMap<string, RealServer>) => void,
): ReadonlyMap<string, RealServer> | null {
  let exists = before !== null;
  const held = new Map(before?.members.map((each) => [serverKey(each), each]));
  for (const operation of operations) {
    switch (operation.op) {
      case 'add-service':
        assert.ok(!exists);
        exists = true;
        break;
      case 'remove-service':
        assert.equal(held.size, 0);
        exists = false;
        break;
      case 'add-member':
        assert.ok(exists && !held.has(serverKey(operation.member)));
        held.set(serverKey(operation.member), operation.member);
        break;
      case 'remove-member':
        assert.ok(exists && held.delete(serverKey(operation.member)));
        break;
      case 'change-member':
        assert.equal(held.get(serverKey(operation.before)), operation.before);
        held.set(serverKey(operation.after), operation.after);
        break;
      case 'change-service':
        assert.ok(operation.fields.length > 0);
        break;
      case 'deal-slots':
        assert.ok(operation.moved > 0 && operation.moved <= operation.of);
        break;
    }
    if (exists) look(held);
  }
  return exists ? held : null;
}

function activeKeys(members: Iterable<RealServer>): Set<string> {
  return new Set([...members].filter((each) => each.state === 'active').map(serverKey));
}

describe('laws of the diff', () => {
  it('nothing differs from itself, nor from a copy with other labels', () => {
    fc.assert(
      fc.property(pairs, ([services]) => {
        const renamed = [...services].map(([key, each]): [string, VirtualService] => [
          key,
          {
            ...structuredClone(each),
            service: 'renamed/all',
            members: each.members.map((member) => ({ ...member, endpoint: 'renamed/all/x' })),
          },
        ]);
        assert.deepEqual(diffServices(services, services), { changes: [] });
        assert.deepEqual(diffServices(services, new Map(renamed)), { changes: [] });
      }),
    );
  });

  it('applying the difference leads to what is wanted', () => {
    fc.assert(
      fc.property(pairs, ([before, after, dealt]) => {
        const held = apply(before, diffServices(before, after));
        assert.deepEqual(essence(held, dealt), essence(after, dealt));
        assert.deepEqual(diffServices(held, after), { changes: [] });
      }),
    );
  });

  it('only services that differ appear, once each', () => {
    fc.assert(
      fc.property(pairs, ([before, after, dealt]) => {
        const { changes } = diffServices(before, after);
        const keys = changes.map((change) => change.key);
        assert.equal(new Set(keys).size, keys.length);
        const one = (services: Services, key: string): unknown =>
          essence(new Map([...services].filter(([each]) => each === key)), dealt);
        for (const key of new Set([...before.keys(), ...after.keys()])) {
          const differs = JSON.stringify(one(before, key)) !== JSON.stringify(one(after, key));
          assert.equal(keys.includes(key), differs);
        }
        assert.ok(changes.every((change) => change.operations.length > 0));
      }),
    );
  });

  it('the operations, one by one, lead from the members held to those wanted', () => {
    fc.assert(
      fc.property(pairs, ([before, after, dealt]) => {
        for (const change of diffServices(before, after).changes) {
          const held = replay(change, () => {});
          if (change.after === null) assert.equal(held, null);
          else {
            const text = (each: RealServer): string =>
              `${serverKey(each)} ${each.state} ${dealt ? '' : each.weight}`;
            assert.deepEqual(
              [...held!.values()].map(text).toSorted(),
              change.after.members.map(text).toSorted(),
            );
          }
        }
      }),
    );
  });

  it('no step takes away an active member that both sides have, or leaves nobody between two that have some', () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        for (const change of diffServices(before, after).changes) {
          if (change.before === null || change.after === null) continue;
          const old = activeKeys(change.before.members);
          const wanted = activeKeys(change.after.members);
          const both = [...old].filter((key) => wanted.has(key));
          replay(change, (held) => {
            const now = activeKeys(held.values());
            assert.ok(both.every((key) => now.has(key)));
            if (old.size > 0 && wanted.size > 0) assert.ok(now.size > 0);
          });
        }
      }),
    );
  });

  it('a reason is asked for everything that goes, and for nothing else', () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const asked: string[] = [];
        const { changes } = diffServices(
          before,
          after,
          (service, member) => {
            asked.push(`${service.key} ${serverKey(member)}`);
            return 'drained';
          },
          () => 'withdrawn',
        );
        const gone = changes.flatMap(({ key, operations }) =>
          operations.flatMap((each) => {
            if (each.op === 'remove-service') assert.equal(each.reason, 'withdrawn');
            if (each.op !== 'remove-member') return [];
            assert.equal(each.reason, 'drained');
            return [`${key} ${serverKey(each.member)}`];
          }),
        );
        assert.deepEqual(asked.toSorted(), gone.toSorted());
      }),
    );
  });

  it('services that go are first, because what comes may need their port', () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const kinds = diffServices(before, after).changes.map((change) => change.after === null);
        assert.deepEqual(
          kinds,
          kinds.toSorted((a, b) => Number(b) - Number(a)),
        );
      }),
    );
  });
});
