// SPDX-License-Identifier: MIT
/** What the wire shows of connections in a crowd. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Stream, type StreamPeer, Streams, isSystemError } from '../../src/kernel/index.js';
import { systemClock } from '../../src/runtime/clock.js';
import { succeed } from '../support/execute.js';
import { type Lab, enterNamespace, labTest, until } from './lab.js';

await enterNamespace(import.meta.url);

const PORT = 8080;
/** More than one look's worth, and so that each socket serves several times. */
const ROUNDS = 5;
const CROWD = 20;

/** Counts what this host sends to the port of the members, by kind. */
const watch = `
table inet watch {
  counter syn {}
  counter rst {}
  counter bare {}
  counter data {}
  counter marked {}
  chain out {
    type filter hook output priority 0
    meta l4proto != tcp accept
    tcp dport != ${PORT} accept
    meta mark 7 counter name marked
    tcp flags & (syn | ack | rst) == syn counter name syn accept
    tcp flags & rst == rst counter name rst accept
    tcp flags & psh == psh counter name data accept
    counter name bare
  }
}`;

type Kind = 'syn' | 'rst' | 'bare' | 'data' | 'marked';

async function counted(lab: Lab): Promise<Record<Kind, number>> {
  const text = await lab.nft(['list', 'counters', 'table', 'inet', 'watch']);
  const found = [...text.matchAll(/counter (\w+) \{\s+packets (\d+)/g)];
  const counts = { syn: 0, rst: 0, bare: 0, data: 0, marked: 0 };
  return Object.assign(counts, Object.fromEntries(found.map(([, kind, count]) => [kind, Number(count)])));
}

interface Probing extends Disposable {
  readonly news: string[];
  readonly streams: Streams<string>;
}

function probing(connected: (stream: Stream<string>) => void = (stream) => stream.release()): Probing {
  const news: string[] = [];
  const streams = new Streams<string>(systemClock, {
    connected(stream) {
      news.push('connected');
      connected(stream);
    },
    ready() {},
    failed: (_, error) => void news.push(isSystemError(error) ? error.code : String(error)),
    timedOut: () => void news.push('timed out'),
  });
  return { news, streams, [Symbol.dispose]: () => streams[Symbol.dispose]() };
}

function peer(address: string, changes: Partial<StreamPeer> = {}): StreamPeer {
  return {
    address,
    family: address.includes(':') ? 6 : 4,
    port: PORT,
    source: null,
    fwmark: null,
    ...changes,
  };
}

async function crowd(to: StreamPeer): Promise<string[]> {
  using probes = probing();
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (let nth = 0; nth < CROWD; nth += 1) probes.streams.connect(to, 5_000, '');
    await until(() => probes.news.length === round * CROWD);
  }
  return probes.news;
}

labTest(
  'a half-open probe is SYN, an answer, RST: over a wire, by loopback, by every kind of address',
  { hosts: ['a'], needs: ['koffi'] },
  async (lab) => {
    const a = lab.host('a');
    await a.serve({ kind: 'tcp', port: PORT });
    let accepted = 0;
    const local = createServer(() => (accepted += 1)).listen(PORT, '::');
    lab.use({ [Symbol.dispose]: () => void local.close() });
    await once(local, 'listening');
    const gateway = a.address.replace(/2$/, '1');
    const gateway6 = a.address6.replace(/2$/, '1');
    for (const to of [
      peer(a.address),
      peer(a.address6),
      peer('fe80::2%a'),
      peer('fe80::2', { source: 'a' }),
      peer(a.address, { source: 'a' }),
      peer(a.address, { source: gateway }),
      peer(a.address6, { source: gateway6 }),
      peer('127.0.0.1'),
      peer('::1'),
      peer(gateway),
    ]) {
      await lab.nft(['-f', '-'], watch);
      const news = await crowd(to);
      assert.deepEqual(new Set(news), new Set(['connected']), to.address);
      const expected = { syn: ROUNDS * CROWD, rst: ROUNDS * CROWD, bare: 0, data: 0, marked: 0 };
      assert.deepEqual(await counted(lab), expected, `${to.address} from ${to.source}`);
      await lab.nft(['delete', 'table', 'inet', 'watch']);
    }
    assert.equal(accepted, 0);
  },
);

labTest('all packets of a probe bear its mark', { hosts: ['a'], needs: ['koffi'] }, async (lab) => {
  const a = lab.host('a');
  await a.serve({ kind: 'tcp', port: PORT });
  await lab.nft(['-f', '-'], watch);
  await crowd(peer(a.address));
  assert.equal((await counted(lab)).marked, 0);
  await crowd(peer(a.address, { fwmark: 7 }));
  const { syn, rst, marked } = await counted(lab);
  assert.equal(syn + rst, 4 * ROUNDS * CROWD);
  assert.equal(marked, 2 * ROUNDS * CROWD);
});

labTest('a request carries the ACK of the handshake', { hosts: ['a'], needs: ['koffi'] }, async (lab) => {
  const a = lab.host('a');
  await a.serve({ kind: 'tcp', port: PORT });
  await lab.nft(['-f', '-'], watch);
  // The server answers whole lines only: nothing else is to be acknowledged.
  using probes = probing((stream) => void stream.write(Buffer.from('half a line')));
  for (let round = 1; round <= ROUNDS; round += 1) {
    const stream = probes.streams.connect(peer(a.address), 5_000, '');
    await until(async () => (await counted(lab)).data === round);
    stream.release();
  }
  assert.deepEqual(await counted(lab), { syn: ROUNDS, rst: ROUNDS, bare: 0, data: ROUNDS, marked: 0 });
});

labTest('a source that this host has lost is told, and is no silence', { needs: ['koffi'] }, async (lab) => {
  const local = createServer().listen(PORT, '::');
  lab.use({ [Symbol.dispose]: () => void local.close() });
  await once(local, 'listening');
  using probes = probing();
  const sources = [
    ['203.0.113.1', '203.0.113.2/32'],
    ['2001:db8:9::1', '2001:db8:9::2/128'],
  ] as const;
  for (const [address, source] of sources) {
    const bits = source.replace(/.*\//, '/');
    for (const own of [`${address}${bits}`, source]) await succeed('ip', ['addr', 'add', own, 'dev', 'lo']);
    const to = peer(address, { source: source.replace(bits, '') });
    for (let round = 1; round <= ROUNDS; round += 1) {
      const count = probes.news.length;
      probes.streams.connect(to, 5_000, '');
      await until(() => probes.news.length > count);
      assert.equal(probes.news.at(-1), 'connected');
    }
    await succeed('ip', ['addr', 'del', source, 'dev', 'lo']);
    assert.throws(
      () => probes.streams.connect(to, 5_000, ''),
      (error) => isSystemError(error, 'EADDRNOTAVAIL'),
    );
  }
});

labTest('says why a member cannot be reached', { hosts: ['a', 'b'], needs: ['koffi'] }, async (lab) => {
  const [a, b] = [lab.host('a'), lab.host('b')];
  using probes = probing();
  const ask = async (to: StreamPeer, timeoutMs = 5_000): Promise<string | undefined> => {
    const count = probes.news.length;
    probes.streams.connect(to, timeoutMs, '');
    await until(() => probes.news.length > count);
    return probes.news.at(-1);
  };
  assert.equal(await ask(peer(a.address)), 'ECONNREFUSED');
  assert.equal(await ask(peer(a.address6)), 'ECONNREFUSED');
  const rejecting = (how: string): string =>
    `table inet wall { chain in { type filter hook input priority 0; tcp dport ${PORT} ${how}\n}\n}\n`;
  for (const [how, expected] of [
    ['reject with icmpx type host-unreachable', 'EHOSTUNREACH'],
    ['reject with icmpx type admin-prohibited', 'EHOSTUNREACH'],
    ['drop', 'timed out'],
  ] as const) {
    const { status, stderr } = await a.run('nft', ['-f', '-'], { input: rejecting(how) });
    assert.equal(status, 0, stderr);
    assert.equal(await ask(peer(a.address), expected === 'timed out' ? 200 : 5_000), expected, how);
    await a.run('nft', ['flush', 'ruleset']);
  }
  await b.serve({ kind: 'tcp', port: PORT });
  assert.equal(await ask(peer(b.address)), 'connected');
  assert.equal(await ask(peer(b.address, { source: 'b' })), 'connected');
  assert.notEqual(await ask(peer(b.address, { source: 'a' }), 300), 'connected');
  assert.equal(await ask(peer('fe80::2%b')), 'connected');
  await b.link('down');
  assert.throws(() => probes.streams.connect(peer(b.address), 300, ''), { code: 'ENETUNREACH' });
});
