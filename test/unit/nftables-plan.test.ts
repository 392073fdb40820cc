// SPDX-License-Identifier: MIT
/** The pure part of the nftables backend: services as entries of the table, and what leads from one to another. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { creationError, operatorError, operatorMessage } from '../../plugins/backend-nftables/faults.js';
import {
  UnsupportedService,
  chainOfService,
  heldOf,
  serviceOf,
} from '../../plugins/backend-nftables/held.js';
import {
  frontendOf,
  serverBytes,
  serverKeyOf,
  serviceKeyBytes,
  slotKeyBytes,
  slotOf,
} from '../../plugins/backend-nftables/keys.js';
import { entryChanges } from '../../plugins/backend-nftables/plan.js';
import { SluiceError } from '../../src/errors.js';
import { SystemError } from '../../src/kernel/index.js';
import type { VirtualService } from '../../src/virtual-service.js';
import { virtual } from '../support/nftables.js';

const service4 = fc
  .record({
    slots: fc.array(fc.constantFrom('10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:8080'), { maxLength: 12 }),
    scheduler: fc.constantFrom('round-robin', 'random', 'source-hash'),
    sourceNat: fc.constantFrom('none', 'masquerade', '192.0.2.99'),
  })
  .map(({ slots, scheduler, sourceNat }) => virtual('192.0.2.1:80/tcp', slots, { scheduler, sourceNat }));
const service6 = fc
  .array(fc.constantFrom('[2001:db8::1]:80', '[2001:db8::2]:81'), { maxLength: 5 })
  .map((slots) => virtual('[2001:db8::99]:53/udp', slots));
const maybe = fc.option(service4, { nil: null });

/** The entries that the table would have, as text. */
function entriesOf(service: VirtualService | null): Set<string> {
  const held = service === null ? null : heldOf(service);
  return new Set(
    entryChanges(null, held).flatMap(({ role, add }) => add.map((entry) => JSON.stringify([role, entry]))),
  );
}

describe('a service in the table', () => {
  it('is the same read back', () => {
    fc.assert(
      fc.property(fc.oneof(service4, service6), (service) => {
        assert.deepEqual(serviceOf(heldOf(service), chainOfService(service).chain), service);
      }),
    );
  });

  it('becomes another by the entries that differ, each key changed once', () => {
    fc.assert(
      fc.property(maybe, maybe, (before, after) => {
        const entries = entriesOf(before);
        const changes = entryChanges(
          before === null ? null : heldOf(before),
          after === null ? null : heldOf(after),
        );
        const keys: string[] = [];
        for (const { role, remove, add } of changes) {
          for (const entry of remove) {
            assert.ok(entries.delete(JSON.stringify([role, entry])), 'only what is there goes');
          }
          keys.push(...add.map(({ slot }) => `${role} ${slot}`));
          for (const entry of add) entries.add(JSON.stringify([role, entry]));
        }
        assert.deepEqual(entries, entriesOf(after));
        assert.equal(new Set(keys).size, keys.length);
        const same = JSON.stringify(before) === JSON.stringify(after);
        if (same) assert.deepEqual(changes, []);
      }),
    );
  });

  it('is nobody’s when its entries contradict each other', () => {
    const service = virtual('192.0.2.1:80/tcp', ['10.0.0.1:80']);
    const { chain } = chainOfService(service);
    const held = heldOf(service);
    assert.equal(serviceOf({ ...held, refused: true }, chain), null);
    assert.equal(serviceOf({ ...held, masqueraded: true, source: '192.0.2.9' }, chain), null);
    assert.deepEqual(serviceOf({ ...held, slots: [] }, chain)?.slots, [''], 'a hole is seen');
  });

  it('is refused by name for what the table can’t hold', () => {
    const service = virtual('192.0.2.1:80/tcp', ['10.0.0.1:80']);
    const persistence = { timeoutMs: 1, netmask: 32, netmask6: 128, onDown: 'rebalance' } as const;
    const message = { name: 'Error', message: 'backend nftables does not support persistence' };
    assert.throws(() => heldOf({ ...service, persistence }), message);
    assert.throws(() => heldOf({ ...service, slots: null }), UnsupportedService);
  });
});

describe('keys and data of elements', () => {
  it('go there and back', () => {
    for (const service of [virtual('192.0.2.1:80/tcp', []), virtual('[2001:db8::1]:65535/udp', [])]) {
      const { frontend } = service;
      assert.ok(frontend.kind === 'address');
      const key = serviceKeyBytes(frontend);
      assert.deepEqual(frontendOf(Buffer.from(key), frontend.family), frontend);
      assert.equal(slotOf(Buffer.from(slotKeyBytes(key, 4711))), 4711);
    }
    for (const server of ['10.0.0.1:80', '[2001:db8::1]:65535']) {
      assert.equal(serverKeyOf(Buffer.from(serverBytes(server))), server);
    }
    assert.equal(frontendOf(Buffer.alloc(5), 4), null);
    assert.equal(frontendOf(Buffer.from([1, 2, 3, 4, 132, 0, 0, 0, 0, 80, 0, 0]), 4), null);
  });
});

describe('refusals of the kernel', () => {
  it('say what to do', () => {
    const told = (error: unknown): string => {
      assert.ok(error instanceof SluiceError);
      return `${error.code}: ${error.message}`;
    };
    assert.match(told(operatorError(new SystemError('x', 1))), /^SLUICE_PRIVILEGE: .*run sluice as root/);
    assert.match(told(operatorError(new SystemError('x', 93))), /^SLUICE_UNAVAILABLE: .*modprobe nf_tables/);
    assert.match(told(operatorError(new SystemError('x', 105))), /^SLUICE_KERNEL: x: ENOBUFS/);
    assert.match(told(creationError('t', new SystemError('x', 95))), /^SLUICE_KERNEL: .*Linux 5\.9 or later/);
    const bug = new TypeError('a bug');
    assert.equal(operatorError(bug), bug);
    for (const [errno, words] of [
      [1, /CAP_NET_ADMIN/],
      [2, /tried again/],
      [16, /tried again/],
      [105, /short of memory/],
      [22, /^x: EINVAL/],
    ] as const) {
      assert.match(operatorMessage(new SystemError('x', errno)), words);
    }
  });
});
