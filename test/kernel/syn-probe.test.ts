// SPDX-License-Identifier: MIT
/** `probe: syn`: what it says of hosts across a wire and of this one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo } from 'node:net';
import { succeed } from '../support/execute.js';
import { said } from '../support/probe.js';
import { enterNamespace, labTest, type Lab } from './lab.js';
import { ANSWERED, chain, rulesAt, synSweep, synTarget } from './syn.js';

await enterNamespace(import.meta.url);

for (const family of [4, 6] as const) {
  const at = (lab: Lab, name: string): string => {
    const host = lab.host(name);
    return family === 4 ? host.address : host.address6;
  };
  const header = family === 4 ? 'ip' : 'ip6';

  labTest(
    `IPv${family}: an open port, a closed one, silence, and a router that knows no way`,
    { hosts: ['a', 'b'], needs: ['koffi'] },
    async (lab) => {
      await lab.host('a').serve({ kind: 'tcp', port: 8080 });
      await rulesAt(
        lab.host('b'),
        chain('input', 'tcp dport 1 drop', 'tcp dport 2 reject with icmpx host-unreachable') +
          chain('prerouting', 'tcp dport 3 reject with icmpx admin-prohibited'),
      );
      await using sweep = await synSweep();
      const brief = { timeoutMs: 300 };
      const outcomes = await sweep([
        synTarget(at(lab, 'a'), 8080),
        synTarget(at(lab, 'a'), 8081),
        synTarget(at(lab, 'b'), 1, brief),
        synTarget(at(lab, 'b'), 2, brief),
        synTarget(at(lab, 'b'), 3, brief),
      ]);
      const [open, ...others] = outcomes.map(said);
      assert.match(open!, ANSWERED);
      assert.deepEqual(others, [
        'refused: connection refused',
        'timeout: no answer to SYN within 300 ms',
        'unreachable: host unreachable',
        'unreachable: host unreachable: a firewall on the way refuses',
      ]);
    },
  );

  labTest(
    `IPv${family}: a lost packet is no failure`,
    { hosts: ['a', 'b'], needs: ['koffi'] },
    async (lab) => {
      for (const [name, hook, port] of [
        ['a', 'input', 'dport'],
        ['b', 'output', 'sport'],
      ] as const) {
        await lab.host(name).serve({ kind: 'tcp', port: 8080 });
        // The first one of each kind is lost: the SYN at one, the answer at the other.
        await rulesAt(
          lab.host(name),
          `table inet loss {
             set seen { type inet_service; flags dynamic; size 64; }
             chain rules { type filter hook ${hook} priority 0; policy accept;
               tcp ${port} != 8080 accept
               tcp ${port} @seen accept
               add @seen { tcp ${port} } counter drop
             }
           }\n`,
        );
      }
      await using sweep = await synSweep();
      const outcomes = await sweep([synTarget(at(lab, 'a'), 8080), synTarget(at(lab, 'b'), 8080)]);
      for (const outcome of outcomes) assert.match(said(outcome), ANSWERED);
      for (const name of ['a', 'b']) {
        const { stdout } = await lab.host(name).run('nft', ['list', 'table', 'inet', 'loss']);
        assert.match(stdout, /counter packets 1 /, 'one packet was lost');
      }
    },
  );

  labTest(
    `IPv${family}: source and mark are honoured`,
    { hosts: ['a', 'b'], needs: ['koffi'] },
    async (lab) => {
      await lab.host('a').serve({ kind: 'tcp', port: 8080 });
      const other = family === 4 ? '10.9.2.1' : 'fd00:9:0:2::1';
      const elsewhere = family === 4 ? '192.0.2.99' : '2001:db8::99';
      await lab.nft(
        ['-f', '-'],
        `table inet watch {
         chain out { type filter hook output priority 0; policy accept;
           tcp flags & rst == rst accept
           tcp dport 8080 meta mark 7 counter accept
           tcp dport 8080 ${header} saddr ${other} counter accept
           tcp dport 8080 meta mark 8 oifname a counter accept
         }
       }\n`,
      );
      await using sweep = await synSweep();
      const outcomes = await sweep([
        synTarget(at(lab, 'a'), 8080, { fwmark: 7 }),
        synTarget(at(lab, 'a'), 8080, { source: other }),
        synTarget(at(lab, 'a'), 8080, { source: 'a', fwmark: 8 }),
        synTarget(at(lab, 'a'), 8080, { source: elsewhere }),
        synTarget(at(lab, 'a'), 8080, { source: 'nowhere' }),
      ]);
      for (const outcome of outcomes.slice(0, 3)) assert.match(said(outcome), ANSWERED);
      assert.match(said(outcomes[3]!), /^inconclusive: the source address is not on this host/);
      assert.match(said(outcomes[4]!), /^inconclusive: there is no interface nowhere to probe from/);
      const counted = await lab.nft(['list', 'table', 'inet', 'watch']);
      assert.equal([...counted.matchAll(/counter packets 1 /g)].length, 3, counted);
    },
  );

  labTest(
    `IPv${family}: members on this host, and none of them is woken`,
    { hosts: [], needs: ['koffi'] },
    async () => {
      const address = family === 4 ? '127.0.0.1' : '::1';
      const server = createServer().listen(0, address);
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      let woken = 0;
      server.on('connection', () => (woken += 1));
      await using sweep = await synSweep();
      for (let round = 0; round < 3; round += 1) {
        const outcomes = await sweep([synTarget(address, port), synTarget(address, 1)]);
        assert.match(said(outcomes[0]!), ANSWERED);
        assert.equal(said(outcomes[1]!), 'refused: connection refused');
      }
      // Whoever is in the queue before this one is handed out before it.
      const client = connect(port, address);
      await once(server, 'connection');
      assert.equal(woken, 1);
      client.destroy();
      server.close();
    },
  );
}

labTest(
  'an address that routing changes is found by the second try',
  { hosts: ['a'], needs: ['koffi'] },
  async (lab) => {
    const a = lab.host('a');
    await a.serve({ kind: 'tcp', port: 8080 });
    await using sweep = await synSweep();
    const target = synTarget(a.address, 8080);
    assert.match(said((await sweep([target]))[0]!), ANSWERED);
    // From now on the balancer's packets to that host bear another address, and the checksum made for the old one is wrong.
    await lab.addVips(['10.9.77.1']);
    await succeed('ip', ['route', 'replace', `${a.address}/32`, 'dev', 'a', 'src', '10.9.77.1']);
    assert.match(said((await sweep([target]))[0]!), ANSWERED);
  },
);

labTest('a dead link, and a whole dead rack at once', { hosts: ['a'], needs: ['koffi'] }, async (lab) => {
  await lab.host('a').link('down');
  await using sweep = await synSweep();
  const rack = Array.from({ length: 600 }, (_, index) =>
    synTarget(`10.9.1.${2 + (index % 200)}`, 8000 + index, { timeoutMs: 400 }),
  );
  for (const outcome of await sweep(rack)) {
    assert.equal(said(outcome), 'unreachable: network unreachable');
  }
});

labTest(
  'a zone is the interface that has the name now',
  { hosts: ['a', 'b'], needs: ['koffi'] },
  async (lab) => {
    await lab.host('b').serve({ kind: 'tcp', port: 8080 });
    await using sweep = await synSweep();
    const target = synTarget('fe80::2%a', 8080);
    assert.equal(said((await sweep([target]))[0]!), 'refused: connection refused');
    const rename = (from: string, to: string) => succeed('ip', ['link', 'set', 'dev', from, 'name', to]);
    await rename('a', 'former');
    await rename('b', 'a');
    lab.use({
      async [Symbol.asyncDispose]() {
        await rename('a', 'b');
        await rename('former', 'a');
      },
    });
    assert.match(said((await sweep([target]))[0]!), ANSWERED);
  },
);

labTest('a link-local address with its zone', { hosts: ['a', 'b'], needs: ['koffi'] }, async (lab) => {
  await lab.host('b').serve({ kind: 'tcp', port: 8080 });
  await using sweep = await synSweep();
  const outcomes = await sweep([
    synTarget('fe80::2%b', 8080),
    synTarget('fe80::2%a', 8080),
    synTarget('fe80::2%nowhere', 8080),
  ]);
  assert.match(said(outcomes[0]!), ANSWERED);
  assert.equal(said(outcomes[1]!), 'refused: connection refused');
  assert.match(said(outcomes[2]!), /^inconclusive: no such network interface/);
});
