// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Dealer, hashText } from '../../plugins/backend-proxy/dealer.js';
import { service } from '../support/proxy.js';

function dealerOf(weights: readonly number[], scheduler: string): Dealer {
  const dealer = new Dealer();
  dealer.update(wanted(weights, scheduler));
  return dealer;
}

function wanted(weights: readonly number[], scheduler: string): ReturnType<typeof service> {
  const members = weights.map((weight, index) => ({ address: `10.0.0.${index + 1}`, port: 80, weight }));
  return service({ address: '192.0.2.1', port: 80, scheduler, members });
}

function first(dealer: Dealer, client: string): string | undefined {
  return dealer.offer(client).next().value?.address;
}

describe('the dealer of the proxy', () => {
  it('goes round all slots in turn, and on where it was when they are dealt again', () => {
    const dealer = dealerOf([1, 1, 1], 'round-robin');
    const turns = [first(dealer, 'x'), first(dealer, 'x')];
    dealer.update(wanted([1, 1, 1], 'round-robin'));
    turns.push(first(dealer, 'x'));
    assert.equal(new Set(turns).size, 3);
  });

  it('offers every member with a share once, whoever comes first', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 6 }),
        fc.constantFrom('round-robin', 'random', 'source-hash'),
        fc.ipV4(),
        (weights, scheduler, client) => {
          const offered = [...dealerOf(weights, scheduler).offer(client)].map(({ address }) => address);
          const able = weights.flatMap((weight, index) => (weight > 0 ? [`10.0.0.${index + 1}`] : []));
          assert.deepEqual(offered.toSorted(), able.toSorted());
        },
      ),
    );
  });

  it('hashes a client to the same member always, and clients evenly to all', () => {
    const dealer = dealerOf([1, 1, 1, 1], 'source-hash');
    const clients = Array.from({ length: 400 }, (_, index) => `198.51.100.${index % 256}:${index}`);
    const before = clients.map((client) => first(dealer, client));
    assert.deepEqual(
      clients.map((client) => first(dealer, client)),
      before,
    );
    for (const address of new Set(before)) {
      const share = before.filter((one) => one === address).length / clients.length;
      assert.ok(share > 0.15 && share < 0.35, `${address} has ${share}`);
    }
  });

  it('hashes to an unsigned number of 32 bits', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const hash = hashText(text);
        return Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32;
      }),
    );
  });
});
