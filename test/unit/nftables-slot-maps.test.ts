// SPDX-License-Identifier: MIT
/** Which map of the nftables backend holds whose slots, and what moves when that changes. Pure. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { balancingChain, type BalancingChain } from '../../plugins/backend-nftables/chains.js';
import { heldOf, type HeldService } from '../../plugins/backend-nftables/held.js';
import { entryChanges } from '../../plugins/backend-nftables/plan.js';
import { renderChangeSet } from '../../plugins/backend-nftables/render.js';
import { SlotMaps, furtherMapFamily } from '../../plugins/backend-nftables/slot-maps.js';
import { changeSet, virtual } from '../support/nftables.js';

function chainOf(listen: string, draw: 'round-robin' | 'random', slots: number): BalancingChain {
  const { frontend } = virtual(listen, []);
  assert.ok(frontend.kind === 'address');
  return balancingChain(frontend, draw, slots);
}

const turn = chainOf('192.0.2.1:80/tcp', 'round-robin', 2);

/** So many round-robin services, each where it is put. */
function filled(count: number): SlotMaps {
  const maps = new SlotMaps();
  for (let nth = 0; nth < count; nth += 1) maps.move(`service ${nth}`, maps.choose(turn));
  maps.commit();
  return maps;
}

describe('maps of slots', () => {
  it('are filled one after the other, the lowest with room first', () => {
    const maps = filled(200);
    assert.equal(maps.of('service 0'), 'slots4');
    assert.equal(maps.of('service 63'), 'slots4');
    assert.equal(maps.of('service 64'), 'slots4-1');
    assert.equal(maps.of('service 199'), 'slots4-3');
    assert.equal(maps.choose(turn), 'slots4-3');
    maps.move('service 70', null);
    assert.equal(maps.choose(turn), 'slots4-1');
    assert.equal(maps.of('service 70'), null);
  });

  it('are the first one for services that share a chain, however full it is', () => {
    assert.equal(filled(100).choose(chainOf('192.0.2.1:80/tcp', 'random', 2)), 'slots4');
    assert.equal(filled(100).choose(chainOf('[2001:db8::1]:80/tcp', 'round-robin', 2)), 'slots6');
    assert.equal(filled(100).choose(chainOf('192.0.2.1:80/tcp', 'round-robin', 0)), null);
  });

  it('are what they were when a batch is refused', () => {
    const maps = filled(65);
    maps.move('service 0', null);
    maps.move('service 0', 'slots4-1');
    maps.move('service 64', null);
    maps.rollback();
    assert.equal(maps.of('service 0'), 'slots4');
    assert.equal(maps.of('service 64'), 'slots4-1');
    assert.equal(maps.choose(turn), 'slots4-1');
  });

  it('come with their first service and are unused after their last', () => {
    const made: string[] = [];
    const batch = { addSet: ({ name }: { readonly name: string }) => made.push(name) };
    const maps = filled(65);
    for (const map of ['slots4', 'slots4-1', 'slots4-1']) maps.ensure(batch, map);
    maps.made();
    maps.ensure(batch, 'slots4-1');
    assert.deepEqual(made, ['slots4-1']);
    assert.deepEqual(maps.unused(), []);
    maps.move('service 64', null);
    assert.deepEqual(maps.unused(), ['slots4-1']);
    maps.dropped('slots4-1');
    assert.deepEqual(maps.unused(), []);
  });

  it('are known by their names', () => {
    assert.equal(furtherMapFamily('slots4-1'), 4);
    assert.equal(furtherMapFamily('slots6-120'), 6);
    for (const name of ['slots4', 'slots4-', 'slots4-0', 'slots4-01', 'slots5-1', 'xslots4-1', 'slots4-1x']) {
      assert.equal(furtherMapFamily(name), null, name);
    }
  });
});

describe('a service that changes its map', () => {
  const held = fc
    .record({
      slots: fc.array(fc.constantFrom('10.0.0.1:80', '10.0.0.2:80'), { maxLength: 6 }),
      map: fc.constantFrom('slots4', 'slots4-1', 'slots4-2'),
      misplaced: fc.uniqueArray(fc.record({ map: fc.constant('slots4-3'), slot: fc.nat(5) }), {
        selector: ({ slot }) => slot,
      }),
    })
    .map(({ slots, map, misplaced }): HeldService => ({
      ...heldOf(virtual('192.0.2.1:80/tcp', slots), map),
      misplaced,
    }));

  const slotsOf = ({ map, slots, misplaced }: HeldService): string[] => [
    ...slots.map((_, slot) => `${map} ${slot}`),
    ...misplaced.map((place) => `${place.map} ${place.slot}`),
  ];

  it('has all its slots there, and none elsewhere', () => {
    fc.assert(
      fc.property(held, held, (before, wanted) => {
        const after = { ...wanted, misplaced: [] };
        const places = new Set(slotsOf(before));
        for (const { role, set, remove, add } of entryChanges(before, after)) {
          if (role !== 'slots') continue;
          for (const { slot } of remove) assert.ok(places.delete(`${set} ${slot}`));
          for (const { slot } of add) {
            assert.ok(!places.has(`${set} ${slot}`));
            places.add(`${set} ${slot}`);
          }
        }
        assert.deepEqual([...places].toSorted(), slotsOf(after).toSorted());
      }),
    );
  });
});

describe('the text of a change', () => {
  const web = (nth: number, scheduler = 'round-robin') =>
    virtual(`192.0.2.${nth}:80/tcp`, ['10.0.0.1:80', '10.0.0.2:80'], { scheduler });
  const many = Array.from({ length: 65 }, (_, nth) => web(nth));

  it('makes the map that a service is the first in, and names it in the rule', () => {
    const text = renderChangeSet('sluice', changeSet([], many)).split('# 192.0.2.64:80/tcp\n')[1];
    assert.equal(
      text,
      [
        'add map inet sluice slots4-1 { typeof ip daddr . meta l4proto . th dport . numgen inc mod 65536 : ip daddr . th dport; }',
        'add chain inet sluice rr-192.0.2.64-tcp-80',
        'flush chain inet sluice rr-192.0.2.64-tcp-80',
        'add rule inet sluice rr-192.0.2.64-tcp-80 meta l4proto tcp dnat ip to ip daddr . meta l4proto . th dport . numgen inc mod 2 map @slots4-1',
        'add element inet sluice svc4 { 192.0.2.64 . tcp . 80 : goto rr-192.0.2.64-tcp-80 }',
        'add element inet sluice slots4-1 { 192.0.2.64 . tcp . 80 . 0 : 10.0.0.1 . 80, 192.0.2.64 . tcp . 80 . 1 : 10.0.0.2 . 80 }',
        '',
      ].join('\n'),
    );
  });

  it('takes the slots along when the service comes to share a chain', () => {
    const maps = new SlotMaps();
    renderChangeSet('sluice', changeSet([], many), maps);
    const text = renderChangeSet('sluice', changeSet([many[64]!], [web(64, 'random')]), maps);
    assert.match(text, /^delete element inet sluice slots4-1 \{ 192\.0\.2\.64 \. tcp \. 80 \. 0, /m);
    assert.match(text, /^add element inet sluice slots4 \{ 192\.0\.2\.64 \. tcp \. 80 \. 0 : /m);
  });
});
