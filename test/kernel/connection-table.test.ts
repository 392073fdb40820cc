// SPDX-License-Identifier: MIT
/** Entries of the kernel's connection table: counted and deleted by what they are for. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import {
  TCP_CONNTRACK_CLOSE,
  TCP_CONNTRACK_ESTABLISHED,
  TCP_CONNTRACK_TIME_WAIT,
} from '../../src/kernel/conntrack-message.js';
import { ConnectionTable } from '../../src/kernel/index.js';
import { makeConnections, type MadeConnection } from '../support/connections.js';
import { succeed } from '../support/execute.js';
import { enterNamespace, labTest, until } from './lab.js';

await enterNamespace(import.meta.url);

const RULES = `table inet balancer {
  chain balance {
    type nat hook prerouting priority dstnat;
    ip daddr 192.0.2.10 tcp dport 80 dnat ip to 10.9.2.2:8080
    ip daddr 192.0.2.10 tcp dport 81 dnat ip to 10.9.3.2:8080
    ip daddr 192.0.2.10 udp dport 53 dnat ip to 10.9.2.2:5353
    ip daddr 192.0.2.10 udp dport 54 dnat ip to 10.9.3.2:5353
    ip6 daddr 2001:db8::10 udp dport 53 dnat ip6 to [fd00:9:0:2::2]:5353
  }
}
`;

labTest(
  'entries towards a member are deleted, and no others',
  { hosts: ['client', 'a', 'b'], needs: ['koffi'] },
  async (lab) => {
    await lab.nft(['-f', '-'], RULES);
    const [a, b] = [lab.host('a'), lab.host('b')];
    for (const host of [a, b]) await host.serve({ kind: 'udp', port: 5353 });
    for (const [address, port] of [
      [lab.vip, 53],
      [lab.vip, 54],
      [lab.vip6, 53],
    ] as const) {
      const { done } = await lab.client.ask({ address, port, protocol: 'udp', count: 7 });
      assert.equal(done, 7);
    }
    await using table = new ConnectionTable();
    const toA = { protocol: 'udp', member: { address: a.address, port: 5353 } } as const;
    const toA6 = { protocol: 'udp', member: { address: a.address6, port: 5353 } } as const;
    const toB = { protocol: 'udp', member: { address: b.address, port: 5353 } } as const;
    const seven = { entries: 7, answered: 7, live: 7 };
    assert.deepEqual(await Promise.all([toA, toA6, toB].map((filter) => table.count(filter))), [
      seven,
      seven,
      seven,
    ]);

    const elsewhere = { ...toA, frontend: { address: lab.vip, port: 54 } };
    assert.deepEqual(await Promise.all([table.delete(elsewhere), table.delete(toA)]), [0, 7]);
    assert.deepEqual(
      await Promise.all([toA, toA6, toB].map(async (filter) => (await table.count(filter)).entries)),
      [0, 7, 7],
    );
    assert.equal(await table.delete({ ...toA6, frontend: { address: lab.vip6, port: 53 } }), 7);
    assert.equal(await table.delete(toA6), 0);
    assert.equal(
      await table.delete({ protocol: 'udp', frontend: { address: lab.vip, port: 50, portLast: 60 } }),
      7,
    );
    assert.equal(await lab.connectionCount(), 0);
  },
);

labTest(
  'never-answered TCP goes, connections that stand stay',
  { hosts: ['client', 'a'], needs: ['koffi'] },
  async (lab) => {
    await lab.nft(['-f', '-'], RULES);
    const a = lab.host('a');
    await a.serve({ kind: 'tcp', port: 8080 });
    const load = await lab.client.load({
      address: lab.vip,
      port: 80,
      count: 3,
      parallel: 3,
      holdMs: 600_000,
    });
    await until(async () => (await load.report()).held === 3);
    const deaf = `table inet deaf {
    chain arriving { type filter hook input priority 0; tcp dport 8080 tcp flags syn drop; }
  }`;
    assert.equal((await a.run('nft', ['-f', '-'], { input: deaf })).status, 0);
    const attempts = await lab.client.load({
      address: lab.vip,
      port: 80,
      count: 5,
      parallel: 5,
      timeoutMs: 600_000,
    });
    await using table = new ConnectionTable();
    const filter = { protocol: 'tcp', member: { address: a.address, port: 8080 } } as const;
    await until(async () => (await table.count(filter)).entries === 8);
    assert.deepEqual(await table.count(filter), { entries: 8, answered: 3, live: 8 });
    assert.equal(await table.delete({ ...filter, unanswered: true }), 5);
    assert.equal((await table.count({ ...filter, frontend: { address: lab.vip, port: 80 } })).answered, 3);
    assert.equal((await load.report()).held, 3);
    void attempts;
  },
);

function* made(count: number, rest: Partial<MadeConnection>): Generator<MadeConnection> {
  for (let index = 0; index < count; index += 1) {
    yield {
      protocol: 'tcp',
      client: `10.${64 + (index >> 16)}.${(index >> 8) & 0xff}.${index & 0xff}`,
      clientPort: 40_000,
      frontend: '192.0.2.10',
      frontendPort: 80,
      member: '10.9.2.2',
      memberPort: 8080,
      ...rest,
    };
  }
}

labTest(
  'many foreign entries, and many of ours, leave the event loop free',
  { hosts: [], needs: ['koffi'] },
  async (lab) => {
    makeConnections(made(20_000, { member: '10.9.9.9', frontend: '192.0.2.99' }));
    makeConnections(made(3_000, { clientPort: 1, tcpState: TCP_CONNTRACK_ESTABLISHED }));
    makeConnections(made(200, { clientPort: 2, tcpState: TCP_CONNTRACK_TIME_WAIT }));
    makeConnections(made(100, { clientPort: 3, tcpState: TCP_CONNTRACK_CLOSE, answered: false }));
    makeConnections(made(50, { clientPort: 4, memberPort: 8081 }));
    await using table = new ConnectionTable();
    const filter = { protocol: 'tcp', member: { address: '10.9.2.2', port: 8080 } } as const;
    assert.deepEqual(await table.count(filter), { entries: 3_300, answered: 3_200, live: 3_000 });
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    const deleted = await table.delete(filter);
    clearInterval(timer);
    assert.equal(deleted, 3_300);
    // It takes twelve pauses of 5 ms at least.
    assert.ok(turns >= 20, `only ${turns} turns of the loop`);
    assert.equal(await lab.connectionCount(), 20_050);
  },
);

labTest(
  'what is asked of one member together is answered together',
  { hosts: [], needs: ['koffi'] },
  async () => {
    const ports = Array.from({ length: 40 }, (_, index) => 9_000 + index);
    for (const memberPort of ports) {
      makeConnections(made(memberPort - 8_999, { memberPort, frontendPort: memberPort, protocol: 'udp' }));
    }
    await using table = new ConnectionTable();
    const filters = ports.map(
      (port) => ({ protocol: 'udp', member: { address: '10.9.2.2', port } }) as const,
    );
    const counts = await Promise.all(filters.map((filter) => table.count(filter)));
    assert.deepEqual(
      counts.map(({ entries }) => entries),
      ports.map((port) => port - 8_999),
    );
    const deleted = await Promise.all(filters.map((filter) => table.delete(filter)));
    assert.deepEqual(
      deleted,
      ports.map((port) => port - 8_999),
    );
  },
);

labTest(
  'nonsense is refused alone, and a closed table refuses all',
  { hosts: [], needs: ['koffi'] },
  async () => {
    const table = new ConnectionTable();
    const filter = { protocol: 'tcp', member: { address: '10.9.2.2', port: 8080 } } as const;
    const fine = table.count(filter);
    await assert.rejects(table.delete({ protocol: 'tcp' }), RangeError);
    assert.equal((await fine).entries, 0);
    makeConnections(made(1_000, {}));
    const broken = assert.rejects(table.delete(filter), /closed/);
    await table[Symbol.asyncDispose]();
    await broken;
    await assert.rejects(table.count(filter), /closed/);
  },
);

labTest(
  'a table that had nothing to do for a while works as before',
  { hosts: [], needs: ['koffi'] },
  async () => {
    // Asked this way, Node's own threads are there from the first time on.
    const threads = async (): Promise<number> => (await readdir('/proc/self/task')).length;
    await threads();
    const before = await threads();
    await using table = new ConnectionTable({ idleMs: 1 });
    const filter = { protocol: 'tcp', member: { address: '10.9.2.2', port: 8080 } } as const;
    for (const entries of [1, 2]) {
      makeConnections(made(1, { clientPort: entries }));
      assert.equal((await table.count(filter)).entries, entries);
      await until(async () => (await threads()) <= before, { what: 'the end of the thread' });
    }
  },
);

labTest('without the right it says which one is needed', { hosts: [], needs: ['koffi'] }, async () => {
  const url = new URL('../../src/kernel/index.js', import.meta.url).href;
  const script = `
    const { ConnectionTable, watchPacketLog } = await import(${JSON.stringify(url)});
    const said = [];
    const filter = { protocol: 'tcp', member: { address: '10.9.2.2', port: 8080 } };
    const table = new ConnectionTable();
    await table.delete(filter).catch(({ code, message }) => said.push([code, message]));
    try { watchPacketLog({ group: 1 }, () => {}); } catch ({ code, message }) { said.push([code, message]); }
    console.log(JSON.stringify(said));`;
  const output = await succeed('setpriv', [
    '--bounding-set=-net_admin',
    '--inh-caps=-net_admin',
    process.execPath,
    '--input-type=module',
    '-e',
    script,
  ]);
  const said: readonly [string, string][] = JSON.parse(output);
  assert.deepEqual(
    said.map(([code]) => code),
    ['SLUICE_PRIVILEGE', 'SLUICE_PRIVILEGE'],
  );
  for (const [, message] of said) assert.match(message, /needs the right CAP_NET_ADMIN/);
});
