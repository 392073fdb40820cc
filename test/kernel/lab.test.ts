// SPDX-License-Identifier: MIT
/** The lab itself, with rules written by hand. */
import assert from 'node:assert/strict';
import { enterNamespace, labTest, until } from './lab.js';

await enterNamespace(import.meta.url);

const rules = `
table inet byhand {
  chain pick {
    ip daddr 192.0.2.10 tcp dport 80 dnat ip to numgen inc mod 2 map { 0 : 10.9.2.2 . 8080, 1 : 10.9.3.2 . 8080 }
    ip6 daddr 2001:db8::10 udp dport 53 dnat ip6 to numgen inc mod 2 map { 0 : fd00:9:0:2::2 . 53, 1 : fd00:9:0:3::2 . 53 }
  }
  chain pre { type nat hook prerouting priority dstnat; jump pick; }
  chain out { type nat hook output priority -100; jump pick; }
}`;

labTest('clients reach members through the balancer, by IPv4 and IPv6, TCP and UDP', {}, async (lab) => {
  await lab.nft(['-f', '-'], rules);
  for (const name of ['a', 'b']) {
    await lab.host(name).serve({ kind: 'tcp', port: 8080 });
    await lab.host(name).serve({ kind: 'udp', port: 53 });
  }
  const tcp = await lab.client.ask({ address: lab.vip, port: 80, count: 40 });
  assert.deepEqual(tcp.byName, { a: 20, b: 20 });
  assert.deepEqual(tcp.failures, {});
  const udp = await lab.client.ask({ address: lab.vip6, port: 53, protocol: 'udp', count: 40 });
  assert.deepEqual(udp.byName, { a: 20, b: 20 });
  assert.ok((await lab.connectionCount()) >= 80);
});

labTest('a load sees a member refuse, reset and die, and the next lab starts clean', {}, async (lab) => {
  await lab.nft(['-f', '-'], rules);
  const server = { kind: 'tcp', port: 8080 } as const;
  for (const name of ['a', 'b']) await lab.host(name).serve(server);
  const held = await lab.client.load({ address: lab.vip, port: 80, holdMs: 60_000, parallel: 2, count: 2 });
  // Before anybody else takes turns, so that each member has one of the two.
  await until(async () => (await held.report()).held === 2);
  const load = await lab.client.load({ address: lab.vip, port: 80, pauseMs: 5, timeoutMs: 300 });
  await until(async () => (await load.report()).done > 20);
  assert.deepEqual((await load.report()).failures, {});
  await lab.host('a').unserve(server, true);
  await until(async () => ((await load.report()).failures['ECONNREFUSED'] ?? 0) > 0);
  await lab.host('b').link('down');
  await until(async () => ((await load.report()).failures['timeout'] ?? 0) > 0);
  await lab.host('b').link('up');
  await load.finish();
  const report = await held.finish();
  assert.equal(report.failures['ECONNRESET'], 1, 'the held connection to a');
});

labTest('nothing of an earlier lab is left', { hosts: ['client'] }, async (lab) => {
  assert.equal(await lab.nft(['list', 'ruleset']), '');
  assert.equal(await lab.connectionCount(), 0);
});
