// SPDX-License-Identifier: MIT
/** What the nftables backend does to real connections. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { succeed } from '../support/execute.js';
import { changeSet, never, nftablesBackend, virtual } from '../support/nftables.js';
import type { VirtualService } from '../../src/virtual-service.js';
import { enterNamespace, labTest, until, type Lab } from './lab.js';

await enterNamespace(import.meta.url);

const needs = ['koffi'] as const;
const options = { needs };

/** Servers a, b and c on port 8080 (TCP) and 53 (UDP). */
async function serveAll(lab: Lab): Promise<void> {
  for (const name of ['a', 'b', 'c']) {
    await lab.host(name).serve({ kind: 'tcp', port: 8080 });
    await lab.host(name).serve({ kind: 'udp', port: 53 });
  }
}

const members = (lab: Lab, port: number, ...names: readonly string[]): string[] =>
  names.map((name) => `${lab.host(name).address}:${port}`);
const members6 = (lab: Lab, port: number, ...names: readonly string[]): string[] =>
  names.map((name) => `[${lab.host(name).address6}]:${port}`);

/** A backend that holds these services until the lab goes. */
async function holding(lab: Lab, services: readonly VirtualService[]) {
  const backend = await nftablesBackend();
  lab.use({ [Symbol.asyncDispose]: () => backend.release('withdraw', never) });
  const report = await backend.apply(changeSet([], services), never);
  assert.deepEqual(report.failed, []);
  return backend;
}

labTest('round robin is exact by weight: IPv4 and IPv6, TCP and UDP', options, async (lab) => {
  await serveAll(lab);
  await holding(lab, [
    virtual(`${lab.vip}:80/tcp`, members(lab, 8080, 'a', 'b', 'a', 'c')),
    virtual(`${lab.vip}:53/udp`, members(lab, 53, 'a', 'b', 'b', 'c')),
    virtual(`[${lab.vip6}]:80/tcp`, members6(lab, 8080, 'a', 'b', 'c', 'c')),
    virtual(`[${lab.vip6}]:53/udp`, members6(lab, 53, 'a', 'b', 'c', 'a')),
  ]);
  const ask = async (address: string, protocol: 'tcp' | 'udp') => {
    const port = protocol === 'tcp' ? 80 : 53;
    const report = await lab.client.ask({ address, port, protocol, count: 80 });
    assert.deepEqual(report.failures, {});
    return report.byName;
  };
  assert.deepEqual(await ask(lab.vip, 'tcp'), { a: 40, b: 20, c: 20 });
  assert.deepEqual(await ask(lab.vip, 'udp'), { a: 20, b: 40, c: 20 });
  assert.deepEqual(await ask(lab.vip6, 'tcp'), { a: 20, b: 20, c: 40 });
  assert.deepEqual(await ask(lab.vip6, 'udp'), { a: 40, b: 20, c: 20 });
});

labTest('two round robins count apart; several listens of one service lead to it', options, async (lab) => {
  await serveAll(lab);
  await lab.addVips(['192.0.2.11']);
  const slots = members(lab, 8080, 'a', 'b');
  await holding(lab, [
    virtual(`${lab.vip}:80/tcp`, slots),
    virtual(`${lab.vip}:81/tcp`, slots),
    virtual('192.0.2.11:80/tcp', slots),
  ]);
  for (let round = 0; round < 10; round += 1) {
    for (const [address, port] of [
      [lab.vip, 80] as const,
      [lab.vip, 81] as const,
      ['192.0.2.11', 80] as const,
    ]) {
      const { byName } = await lab.client.ask({ address, port, count: 2, parallel: 1 });
      assert.deepEqual(byName, { a: 1, b: 1 });
    }
  }
});

labTest('random follows the weights; a source hash keeps a client with its member', options, async (lab) => {
  await serveAll(lab);
  await holding(lab, [
    virtual(`${lab.vip}:80/tcp`, members(lab, 8080, 'a', 'b', 'c', 'c'), { scheduler: 'random' }),
    virtual(`${lab.vip}:81/tcp`, members(lab, 8080, 'a', 'b', 'c'), { scheduler: 'source-hash' }),
    virtual(`[${lab.vip6}]:81/tcp`, members6(lab, 8080, 'a', 'b', 'c'), { scheduler: 'source-hash' }),
  ]);
  const random = await lab.client.ask({ address: lab.vip, port: 80, count: 800 });
  const { a = 0, b = 0, c = 0 } = random.byName;
  assert.ok(
    Math.abs(a - 200) < 60 && Math.abs(b - 200) < 60 && Math.abs(c - 400) < 80,
    JSON.stringify(random.byName),
  );

  const from = Array.from({ length: 40 }, (_, index) => `10.9.1.${index + 100}`);
  await lab.client.addAddresses(from);
  const hashed = await lab.client.ask({ address: lab.vip, port: 81, count: 160, from });
  assert.equal(hashed.done, 160);
  for (const names of Object.values(hashed.bySource)) assert.equal(names.length, 1);
  assert.deepEqual(Object.keys(hashed.byName).toSorted(), ['a', 'b', 'c']);
  const again = await lab.client.ask({ address: lab.vip, port: 81, count: 40, from });
  assert.deepEqual(again.bySource, hashed.bySource);
  const six = await lab.client.ask({ address: lab.vip6, port: 81, count: 20 });
  assert.equal(Object.keys(six.byName).length, 1);
});

labTest('a client on the balancer itself is balanced too', options, async (lab) => {
  await serveAll(lab);
  await holding(lab, [virtual(`${lab.vip}:80/tcp`, members(lab, 8080, 'a', 'b'))]);
  const answers: string[] = [];
  for (let count = 0; count < 10; count += 1) answers.push(await ask(lab.vip, 80));
  assert.deepEqual(answers.toSorted(), [...Array<string>(5).fill('a'), ...Array<string>(5).fill('b')]);
});

/** One line to a server of the lab, one line back. */
function ask(address: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port }, () => socket.write('hello\n'));
    socket.setEncoding('utf8');
    socket.once('data', (data: string) => {
      socket.destroy();
      resolve(data.trim());
    });
    socket.once('error', reject);
  });
}

labTest(
  'a service without members refuses at once, and serves again when one returns',
  options,
  async (lab) => {
    await serveAll(lab);
    const full = [
      virtual(`${lab.vip}:80/tcp`, members(lab, 8080, 'a')),
      virtual(`${lab.vip}:53/udp`, members(lab, 53, 'a'), { scheduler: 'random' }),
      virtual(`[${lab.vip6}]:80/tcp`, members6(lab, 8080, 'a'), { scheduler: 'source-hash' }),
    ];
    const empty = full.map((service) => ({ ...service, members: [], slots: [] }));
    const backend = await holding(lab, full);
    const held = await lab.client.load({ address: lab.vip, port: 80, count: 1, holdMs: 60_000 });
    await until(async () => (await lab.connectionCount()) > 0);

    assert.deepEqual((await backend.apply(changeSet(full, empty), never)).failed, []);
    const refused = async (address: string, port: number, protocol: 'tcp' | 'udp') =>
      (await lab.client.ask({ address, port, protocol, count: 4 })).failures;
    assert.deepEqual(await refused(lab.vip, 80, 'tcp'), { ECONNREFUSED: 4 });
    assert.deepEqual(await refused(lab.vip, 53, 'udp'), { ECONNREFUSED: 4 });
    assert.deepEqual(await refused(lab.vip6, 80, 'tcp'), { ECONNREFUSED: 4 });
    await assert.rejects(ask(lab.vip, 80), { code: 'ECONNREFUSED' });

    assert.deepEqual((await backend.apply(changeSet(empty, full), never)).failed, []);
    for (const [address, port, protocol] of [
      [lab.vip, 80, 'tcp'],
      [lab.vip, 53, 'udp'],
      [lab.vip6, 80, 'tcp'],
    ] as const) {
      const report = await lab.client.ask({ address, port, protocol, count: 4 });
      assert.deepEqual(report.byName, { a: 4 });
    }
    assert.deepEqual((await held.finish()).failures, {}, 'a connection from before lives on');
  },
);

labTest('source NAT: members see the balancer, or the address given', options, async (lab) => {
  await serveAll(lab);
  await lab.addVips(['192.0.2.99', '2001:db8::99']);
  await holding(lab, [
    virtual(`${lab.vip}:80/tcp`, members(lab, 8080, 'a'), { sourceNat: 'masquerade' }),
    virtual(`${lab.vip}:81/tcp`, members(lab, 8080, 'a'), { sourceNat: '192.0.2.99' }),
    virtual(`${lab.vip}:82/tcp`, members(lab, 8080, 'a')),
    virtual(`${lab.vip}:53/udp`, members(lab, 53, 'a'), { sourceNat: 'masquerade' }),
    virtual(`[${lab.vip6}]:80/tcp`, members6(lab, 8080, 'a'), { sourceNat: '2001:db8::99' }),
    virtual(`[${lab.vip6}]:81/tcp`, members6(lab, 8080, 'a'), { sourceNat: 'masquerade' }),
  ]);
  const seenFrom = async (address: string, port: number, protocol: 'tcp' | 'udp' = 'tcp') => {
    const family = address.includes(':') ? 'ip6' : 'ip';
    await lab.nft(
      ['-f', '-'],
      `table inet watch {
         set sources { type ${family === 'ip' ? 'ipv4_addr' : 'ipv6_addr'}; flags dynamic; size 64; }
         chain out { type filter hook postrouting priority 200; oifname "a" ct state new add @sources { ${family} saddr }; }
       }`,
    );
    const report = await lab.client.ask({ address, port, protocol, count: 4 });
    assert.deepEqual(report.byName, { a: 4 });
    const listing = await lab.nft(['list', 'set', 'inet', 'watch', 'sources']);
    await lab.nft(['delete', 'table', 'inet', 'watch']);
    return /elements = \{ (.*?) \}/s.exec(listing)?.[1];
  };
  const balancer = lab.host('a').address.replace(/2$/, '1');
  const balancer6 = lab.host('a').address6.replace(/2$/, '1');
  assert.equal(await seenFrom(lab.vip, 80), balancer);
  assert.equal(await seenFrom(lab.vip, 81), '192.0.2.99');
  assert.equal(await seenFrom(lab.vip, 82), lab.client.address);
  assert.equal(await seenFrom(lab.vip, 53, 'udp'), balancer);
  assert.equal(await seenFrom(lab.vip6, 80), '2001:db8::99');
  assert.equal(await seenFrom(lab.vip6, 81), balancer6);
});

for (const [neighbours, where] of [
  [0, ''],
  [64, ', though its slots move to another map and back'],
] as const) {
  labTest(
    `a change under load fails no connection, neither of its own service nor of others${where}`,
    options,
    async (lab) => {
      await serveAll(lab);
      const full = Array.from({ length: neighbours }, (_, nth) =>
        virtual(`192.0.2.${100 + nth}:80/tcp`, ['10.0.0.1:80']),
      );
      const one = virtual(`${lab.vip}:80/tcp`, members(lab, 8080, 'a', 'b', 'c'), { scheduler: 'random' });
      const other = virtual(`${lab.vip}:81/tcp`, members(lab, 8080, 'a', 'b', 'c'));
      const backend = await holding(lab, [...full, one, other]);
      const loads = [
        await lab.client.load({ address: lab.vip, port: 80 }),
        await lab.client.load({ address: lab.vip, port: 81 }),
      ];
      let before = one;
      const shapes = [['a'], ['b', 'c'], ['a', 'b', 'c', 'c'], ['c', 'a']].flatMap((names) =>
        ['random', 'round-robin', 'source-hash'].map((scheduler) => ({ names, scheduler })),
      );
      for (let round = 0; round < 20; round += 1) {
        for (const { names, scheduler } of shapes) {
          const after = virtual(`${lab.vip}:80/tcp`, members(lab, 8080, ...names), { scheduler });
          assert.deepEqual((await backend.apply(changeSet([before], [after]), never)).failed, []);
          before = after;
        }
      }
      await until(async () => (await loads[1]!.report()).done > 100);
      for (const load of loads) {
        const report = await load.finish();
        assert.deepEqual(report.failures, {});
        assert.ok(report.done > 50);
      }
    },
  );
}

labTest("finished probes leave the connection table within seconds, others' stay", options, async (lab) => {
  await serveAll(lab);
  await holding(lab, [virtual(`${lab.vip}:80/tcp`, members(lab, 8080, 'a'))]);
  // Listing drops what has expired; counting waits for the kernel to clean up.
  const entries = async (destination: string): Promise<number> =>
    (await succeed('conntrack', ['-L', '--orig-dst', destination])).trim().split('\n').filter(Boolean).length;
  await lab.client.ask({ address: lab.host('b').address, port: 8080, count: 5 });
  const load = await lab.client.load({ address: lab.vip, port: 80, count: 3, holdMs: 60_000 });
  await until(async () => (await entries(lab.vip)) === 3);
  for (let count = 0; count < 20; count += 1) await ask(lab.host('a').address, 8080);
  assert.ok((await entries(lab.host('a').address)) > 0);
  await until(async () => (await entries(lab.host('a').address)) === 0, { what: 'probes leaving the table' });
  assert.equal(await entries(lab.host('b').address), 5, 'closed by others: the usual time-out');
  assert.equal(await entries(lab.vip), 3);
  assert.deepEqual((await load.finish()).failures, {});
});
