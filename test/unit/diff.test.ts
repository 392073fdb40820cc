// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Operation } from '../../src/change-set.js';
import { diffServices } from '../../src/desired/diff.js';
import type { VirtualService } from '../../src/virtual-service.js';
import { server, virtualService } from '../support/desired.js';

const a = server('10.0.0.1');
const b = server('10.0.0.2');
const A = '10.0.0.1:80';
const B = '10.0.0.2:80';

function asMap(service: VirtualService | null): Map<string, VirtualService> {
  return new Map(service === null ? [] : [[service.key, service]]);
}

function operations(before: VirtualService | null, after: VirtualService | null): readonly Operation[] {
  return diffServices(asMap(before), asMap(after), () => 'down').changes.flatMap((each) => each.operations);
}

describe('the difference between what is held and what is wanted', () => {
  it('builds a service before its members and takes it down after them', () => {
    const service = virtualService([a, b]);
    assert.deepEqual(operations(null, service), [
      { op: 'add-service' },
      { op: 'add-member', member: a },
      { op: 'add-member', member: b },
    ]);
    assert.deepEqual(operations(service, null), [
      { op: 'remove-member', member: b, reason: 'down' },
      { op: 'remove-member', member: a, reason: 'down' },
      { op: 'remove-service', reason: 'unconfigured' },
    ]);
  });

  it('adds the new member before it removes the old one', () => {
    assert.deepEqual(
      operations(virtualService([a]), virtualService([b])).map((each) => each.op),
      ['add-member', 'remove-member'],
    );
  });

  it('removes for want of configuration unless told otherwise', () => {
    const { changes } = diffServices(
      asMap(virtualService([a, b], { slots: [A, B] })),
      asMap(virtualService([b], { slots: [B, B] })),
    );
    assert.deepEqual(changes[0]!.operations, [{ op: 'remove-member', member: a, reason: 'unconfigured' }]);
  });

  it('tells slots that move between members that stay from those of members that go', () => {
    const before = virtualService([a, b], { slots: [A, B, A, B] });
    assert.deepEqual(operations(before, virtualService([a, b], { slots: [A, B, A, A] })), [
      { op: 'deal-slots', moved: 1, of: 4 },
    ]);
    assert.deepEqual(operations(before, virtualService([a], { slots: [A, A, A, A] })), [
      { op: 'remove-member', member: b, reason: 'down' },
    ]);
  });

  it('repairs a slot that the kernel has lost', () => {
    const holed = virtualService([a, b], { slots: [A, '', A, B] });
    const whole = virtualService([a, b], { slots: [A, B, A, B] });
    assert.deepEqual(operations(holed, whole), [{ op: 'deal-slots', moved: 1, of: 4 }]);
    assert.deepEqual(operations(virtualService([a, b], { slots: [] }), whole), [
      { op: 'change-service', fields: ['slots'] },
    ]);
  });

  it('counts weights only for engines that take them', () => {
    const heavy = server('10.0.0.1', { weight: 5 });
    assert.deepEqual(operations(virtualService([a]), virtualService([heavy])), []);
    assert.deepEqual(
      operations(virtualService([a], { slots: null }), virtualService([heavy], { slots: null })),
      [{ op: 'change-member', before: a, after: heavy }],
    );
  });

  it('raises one member before it lowers another', () => {
    const tired = server('10.0.0.1', { state: 'draining', weight: 0 });
    const rested = server('10.0.0.2', { state: 'draining', weight: 0 });
    assert.deepEqual(operations(virtualService([a, rested]), virtualService([tired, b])), [
      { op: 'change-member', before: rested, after: b },
      { op: 'change-member', before: a, after: tired },
    ]);
  });

  it('names the properties of a service that change', () => {
    const before = virtualService([a]);
    const after = virtualService([a], {
      scheduler: { name: 'source-hash', flags: ['port'] },
      persistence: { timeoutMs: 1000, netmask: 24, netmask6: 64, onDown: 'rebalance' },
      slots: [A, A],
    });
    assert.deepEqual(operations(before, after), [
      { op: 'change-service', fields: ['scheduler', 'persistence', 'slots'] },
    ]);
    assert.deepEqual(operations(before, virtualService([a], { slots: null })), [
      { op: 'change-service', fields: ['slots'] },
    ]);
  });

  it('a service that has nobody left keeps its size', () => {
    const before = virtualService([a, b], { slots: [A, B] });
    assert.deepEqual(
      operations(before, virtualService([])).map((each) => each.op),
      ['remove-member', 'remove-member'],
    );
  });
});
