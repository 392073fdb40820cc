// SPDX-License-Identifier: MIT
/** `probe: syn` and the rules of its own: what they spare, whom they leave alone, and how they go. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import tcp from '../../plugins/check-tcp/index.js';
import { tcpOptions } from '../support/check-options.js';
import { execute } from '../support/execute.js';
import { probeOnce, said } from '../support/probe.js';
import { enterNamespace, labTest } from './lab.js';
import { ANSWERED, probePorts, synSweep, synTarget } from './syn.js';

await enterNamespace(import.meta.url);

const holder = fileURLToPath(new URL('syn-holder.js', import.meta.url));
/** Has the kernel track connections, as any balancer's rules do. */
const TRACKING = `table inet tracking {
  chain rules { type filter hook prerouting priority 0; policy accept;
    ct state new counter
  }
}\n`;

labTest('no probe enters the connection table', { hosts: ['a', 'b'], needs: ['koffi'] }, async (lab) => {
  const [a, b] = ['a', 'b'].map((name) => lab.host(name));
  await a!.serve({ kind: 'tcp', port: 8080 });
  await lab.nft(['-f', '-'], TRACKING);
  await b!.link('down');
  await using sweep = await synSweep();
  const addresses = [a!.address, a!.address6, '127.0.0.1', '::1'];
  const outcomes = await sweep([
    ...addresses.flatMap((address) => [synTarget(address, 8080), synTarget(address, 8081)]),
    ...['10.9.1.99', 'fd00:9:0:1::99'].map((address) => synTarget(address, 8080, { timeoutMs: 300 })),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.verdict === 'fail' ? outcome.kind : outcome.verdict)),
    ['pass', 'refused', 'pass', 'refused', 'refused', 'refused', 'refused', 'refused', 'timeout', 'timeout'],
  );
  assert.equal(await lab.connectionCount(), 0);
  // A probe that connects does leave an entry: it is counted here at all.
  const connected = await probeOnce(tcp, tcpOptions(), { address: a!.address, port: 8080 });
  assert.match(said(connected), /^pass: connected/);
  assert.equal(await lab.connectionCount(), 1);
});

labTest(
  'a masqueraded connection with the port of the probes is tracked as ever',
  { hosts: ['client', 'a'], needs: ['koffi'] },
  async (lab) => {
    const a = lab.host('a');
    await a.serve({ kind: 'tcp', port: 8080 });
    await lab.nft(
      ['-f', '-'],
      `table inet nat {
         chain out { type nat hook postrouting priority 100; policy accept; masquerade }
       }\n`.replace(' }', '\n}'),
    );
    await using sweep = await synSweep();
    assert.match(said((await sweep([synTarget(a.address, 8080)]))[0]!), ANSWERED);
    const [port] = await probePorts(lab);
    const client = `
      const socket = require('node:net').connect({ host: '${a.address}', port: 8080, localPort: ${port} });
      socket.on('connect', () => socket.write('who\\n'));
      socket.on('data', (data) => { process.stdout.write(data); socket.destroy(); });
      socket.on('error', (error) => { process.stdout.write(error.message); });
      setTimeout(() => process.exit(), 5000).unref();
    `;
    const { stdout } = await lab.client.run(process.execPath, ['-e', client]);
    assert.equal(stdout, 'a\n');
    const entries = await execute('conntrack', ['--dump']);
    // The balancer's own address, and the client's very port.
    assert.match(entries.stdout, new RegExp(`dst=10\\.9\\.2\\.1 sport=8080 dport=${port}`));
    assert.match(said((await sweep([synTarget(a.address, 8080)]))[0]!), ANSWERED);
  },
);

labTest(
  'the rules come with the first probe, serve all, and go with the last check',
  { hosts: [], needs: ['koffi'] },
  async (lab) => {
    const first = await synSweep();
    assert.deepEqual(await probePorts(lab), [], 'a check that only exists changes nothing');
    await first([synTarget('127.0.0.1', 1)]);
    const ports = await probePorts(lab);
    assert.equal(ports.length, 1);
    // As at a reload: the new configuration is there before the old one goes.
    const second = await synSweep();
    await second([synTarget('127.0.0.1', 1)]);
    await first[Symbol.asyncDispose]();
    assert.deepEqual(await probePorts(lab), ports);
    assert.equal(said((await second([synTarget('127.0.0.1', 1)]))[0]!), 'refused: connection refused');
    await second[Symbol.asyncDispose]();
    assert.deepEqual(await probePorts(lab), []);
  },
);

labTest(
  'nobody can flush the rules, and kill -9 leaves none',
  { hosts: [], needs: ['koffi'] },
  async (lab) => {
    const child = spawn(process.execPath, [holder], { stdio: ['ignore', 'pipe', 'inherit'] });
    lab.use({ [Symbol.dispose]: () => child.kill('SIGKILL') });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    assert.equal(said.toString(), 'ready, refused: connection refused\n');
    await lab.nft(['flush', 'ruleset']);
    const [port, ...more] = await probePorts(lab);
    assert.deepEqual(more, []);
    assert.ok(port !== undefined);
    // Two at a time are no trouble either.
    await using sweep = await synSweep();
    await sweep([synTarget('127.0.0.1', 1)]);
    assert.equal((await probePorts(lab)).length, 2);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    assert.ok(!(await probePorts(lab)).includes(port));
  },
);

for (const [capability, why] of [
  ['net_raw', 'CAP_NET_RAW for raw sockets'],
  ['net_admin', 'CAP_NET_ADMIN to keep its probes out of the connection table'],
] as const) {
  labTest(
    `without ${capability} the check says so and does not come up`,
    { hosts: [], needs: ['koffi'] },
    async () => {
      const without = ['--bounding-set', `-${capability}`, '--inh-caps', `-${capability}`];
      const { stdout } = await execute('setpriv', [...without, process.execPath, holder]);
      assert.ok(stdout.includes(`\`probe: syn\` needs the right ${why}: run sluice as root`), stdout);
      assert.match(stdout, /or use `probe: connect`\n$/);
    },
  );
}
