// SPDX-License-Identifier: MIT
/** From a config file to traffic: who gets it, by every road, and what a failure changes. */
import assert from 'node:assert/strict';
import type { AskReport } from './agent-protocol.js';
import { LabDaemon } from './daemon.js';
import { enterNamespace, labTest, until } from './lab.js';
import { Load } from './load.js';
import { ids, members, quickCheck, serveAll } from './shop.js';

await enterNamespace(import.meta.url);

const options = { needs: ['koffi'] } as const;

/** Exact but for a source port drawn twice: its second connection follows the first one's entry. */
function assertShares(report: AskReport, shares: Readonly<Record<string, number>>, what: string): void {
  assert.deepEqual(report.failures, {}, what);
  for (const [name, share] of Object.entries(shares)) {
    const got = report.byName[name] ?? 0;
    assert.ok(Math.abs(got - share) <= 3, `${what}: ${name} got ${got}, not ${share}`);
  }
}

labTest('shares follow weights: IPv4, IPv6, TCP, UDP, clients elsewhere and here', options, async (lab) => {
  await serveAll(lab, 'tcp', 8080);
  await serveAll(lab, 'udp', 53);
  const daemon = new LabDaemon(lab);
  daemon.configure({
    clusters: {
      shop: {
        members: members(lab, { a: 3, b: 2, c: 1 }),
        services: {
          web: { listen: [`${lab.vip}:80`, `[${lab.vip6}]:80`], port: 8080, check: quickCheck },
          dns: { listen: [`${lab.vip}:53/udp`, `[${lab.vip6}]:53/udp`], check: 'none' },
        },
      },
    },
  });
  await daemon.start();
  await daemon.serves(...ids('shop/web'), ...ids('shop/dns'));
  for (const address of [lab.vip, lab.vip6]) {
    for (const [protocol, port] of [['tcp', 80] as const, ['udp', 53] as const]) {
      const asked = { address, port, protocol, count: 120 };
      const shares = { a: 60, b: 40, c: 20 };
      assertShares(await lab.client.ask(asked), shares, `${protocol} ${address}`);
      assertShares(await new Load(asked).all(), shares, `from the balancer, ${protocol} ${address}`);
    }
  }
});

labTest('random spreads over all, a source hash keeps each source with its member', options, async (lab) => {
  await serveAll(lab, 'tcp', 8080);
  const sources = Array.from({ length: 30 }, (_, index) => `10.9.1.${100 + index}`);
  await lab.client.addAddresses(sources);
  const daemon = new LabDaemon(lab);
  const service = { port: 8080, check: quickCheck };
  daemon.configure({
    clusters: {
      shop: {
        members: members(lab),
        services: {
          random: { ...service, listen: `${lab.vip}:81`, scheduler: 'random' },
          hash: { ...service, listen: `${lab.vip}:82`, scheduler: 'source-hash' },
        },
      },
    },
  });
  await daemon.start();
  await daemon.serves(...ids('shop/random'), ...ids('shop/hash'));

  const random = await lab.client.ask({ address: lab.vip, port: 81, count: 300 });
  assert.deepEqual(random.failures, {});
  // 300 draws of one in three: mean 100, standard deviation 8.2; six of them never happen.
  for (const name of ['a', 'b', 'c']) assert.ok(Math.abs((random.byName[name] ?? 0) - 100) < 50, name);

  const asked = { address: lab.vip, port: 82, count: 90, from: sources };
  const before = await lab.client.ask(asked);
  assert.deepEqual(before.failures, {});
  assert.deepEqual(Object.keys(before.byName).toSorted(), ['a', 'b', 'c']);
  for (const names of Object.values(before.bySource)) assert.equal(names.length, 1);

  await lab.host('c').unserve({ kind: 'tcp', port: 8080 });
  await daemon.serves('shop/random/a', 'shop/random/b', 'shop/hash/a', 'shop/hash/b');
  const after = await lab.client.ask(asked);
  assert.deepEqual(after.failures, {});
  for (const [source, [name]] of Object.entries(before.bySource)) {
    if (name !== 'c') assert.deepEqual(after.bySource[source], [name], `${source} was with ${name}`);
  }
});

labTest(
  'a refusing member, a dead host: out when checks say so, back when they pass',
  options,
  async (lab) => {
    const server = { kind: 'tcp', port: 8080 } as const;
    await serveAll(lab, 'tcp', 8080);
    const daemon = new LabDaemon(lab);
    daemon.configure({
      clusters: {
        shop: {
          members: members(lab),
          services: { web: { listen: `${lab.vip}:80`, port: 8080, check: quickCheck } },
        },
      },
    });
    await daemon.start();
    await daemon.serves(...ids('shop/web'));
    const ask = () => lab.client.ask({ address: lab.vip, port: 80, count: 60, timeoutMs: 500 });

    await lab.host('a').unserve(server);
    await daemon.serves('shop/web/b', 'shop/web/c');
    assertShares(await ask(), { a: 0, b: 30, c: 30 }, 'without a');

    await lab.host('b').link('down');
    await daemon.serves('shop/web/c');
    assertShares(await ask(), { a: 0, b: 0, c: 60 }, 'only c');

    await lab.host('c').unserve(server);
    await daemon.serves();
    const refused = await ask();
    assert.deepEqual(refused.failures, { ECONNREFUSED: 60 }, 'nobody left: refused at once');

    await lab.host('a').serve(server);
    await lab.host('b').link('up');
    await lab.host('c').serve(server);
    await daemon.serves(...ids('shop/web'));
    assertShares(await ask(), { a: 20, b: 20, c: 20 }, 'all back');
  },
);

labTest('a drained member gets no new connections and keeps those it has', options, async (lab) => {
  await serveAll(lab, 'tcp', 8080);
  const daemon = new LabDaemon(lab);
  daemon.configure({
    clusters: {
      shop: {
        members: members(lab),
        services: { web: { listen: `${lab.vip}:80`, port: 8080, check: quickCheck } },
      },
    },
  });
  await daemon.start();
  await daemon.serves(...ids('shop/web'));
  const held = await lab.client.load({ address: lab.vip, port: 80, parallel: 3, count: 3, holdMs: 60_000 });
  await until(async () => (await held.report()).held === 3);
  const drained = await daemon.cli('drain', 'shop/a');
  assert.equal(drained.status, 0, drained.stderr);
  await daemon.serves('shop/web/b', 'shop/web/c');
  assertShares(
    await lab.client.ask({ address: lab.vip, port: 80, count: 40 }),
    { a: 0, b: 20, c: 20 },
    'drained',
  );
  await daemon.cli('enable', 'shop/a');
  await daemon.serves(...ids('shop/web'));
  const report = await held.finish();
  assert.deepEqual(report.byName, { a: 1, b: 1, c: 1 });
  assert.deepEqual(report.failures, {});
});
