// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ask,
  freePort,
  greeter,
  readAll,
  tcpClient,
  tcpServer,
  until,
  type Peer,
} from '../support/loopback.js';
import { never, proxy, service } from '../support/proxy.js';

const HOST = '127.0.0.1';
const MIB = 1024 * 1024;

async function front(): Promise<Peer> {
  return { address: HOST, port: await freePort() };
}

async function tally(t: TestContext, peer: Peer, times: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let time = 0; time < times; time += 1) {
    const name = await ask(t, peer);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe('the proxy and TCP', () => {
  it('deals connections by weight', async (t) => {
    const [a, b] = [await greeter(t, 'a'), await greeter(t, 'b')];
    const at = await front();
    const { must } = proxy(t);
    await must(service({ ...at, members: [{ ...a, weight: 3 }, b] }));
    assert.deepEqual(await tally(t, at, 40), { a: 30, b: 10 });
  });

  it('keeps a client address on one member with source-hash', async (t) => {
    const [a, b] = [await greeter(t, 'a'), await greeter(t, 'b')];
    const at = await front();
    const { must } = proxy(t);
    await must(service({ ...at, scheduler: 'source-hash', members: [a, b] }));
    assert.equal(Object.keys(await tally(t, at, 12)).length, 1);
  });

  it('passes each FIN on by itself', async (t) => {
    const member = await tcpServer(t, (socket) => {
      socket.write('hello ');
      void readAll(socket).then((heard) => socket.end(`you said ${heard}`));
    });
    const at = await front();
    const { must } = proxy(t);
    await must(service({ ...at, members: [member] }));
    const client = await tcpClient(t, at);
    client.end('little');
    assert.equal(await readAll(client), 'hello you said little');
  });

  it('lets the member end first and the client talk on', async (t) => {
    const heard: Promise<string>[] = [];
    const member = await tcpServer(t, (socket) => {
      socket.end('goodbye');
      heard.push(readAll(socket));
    });
    const at = await front();
    const { must } = proxy(t);
    await must(service({ ...at, members: [member] }));
    const client = await tcpClient(t, at);
    assert.equal(await readAll(client), 'goodbye');
    client.end('one more thing');
    assert.equal(await heard[0], 'one more thing');
  });

  it('loses nothing and piles nothing up when both sides read slowly', { timeout: 120_000 }, async (t) => {
    const size = 50 * MIB;
    const sums: Promise<string>[] = [];
    const served: Socket[] = [];
    const member = await tcpServer(t, (socket) => {
      served.push(socket);
      sums.push(slowSum(socket));
      void pour(socket, size);
    });
    const at = await front();
    const { backend, must } = proxy(t);
    await must(service({ ...at, members: [member] }));
    const client = await tcpClient(t, at);
    const backSum = slowSum(client);
    const sentSum = await pour(client, size);
    assert.equal(await sums[0], sentSum);
    assert.equal(await backSum, await poured.get(served[0]!));
    await until(async () => (await backend.connections(never)).size === 0);
  });

  it('stops reading from a client whose member does not read', async (t) => {
    const member = await tcpServer(t, (socket) => socket.pause());
    const at = await front();
    const { must } = proxy(t);
    await must(service({ ...at, members: [member] }));
    const client = await tcpClient(t, at);
    const chunk = Buffer.alloc(MIB);
    let sent = 0;
    while (sent < 256 && (client.write(chunk), true)) {
      sent += 1;
      const drained = await Promise.race([once(client, 'drain').then(() => true), sleep(300, false)]);
      if (!drained) break;
    }
    // What three socket buffers and the proxy's own take; without back-pressure all 256 would go.
    assert.ok(sent < 64, `${sent} MiB went`);
  });

  it('passes a reset on, either way', async (t) => {
    const served: Socket[] = [];
    const member = await tcpServer(t, (socket) => void served.push(socket.resume()));
    const at = await front();
    const { must } = proxy(t);
    await must(service({ ...at, members: [member] }));

    const first = await tcpClient(t, at);
    await until(() => served.length === 1);
    const memberError = once(served[0]!, 'error');
    first.resetAndDestroy();
    assert.equal(((await memberError)[0] as { code: string }).code, 'ECONNRESET');

    const second = await tcpClient(t, at);
    second.resume();
    await until(() => served.length === 2);
    const clientError = once(second, 'error');
    served[1]!.resetAndDestroy();
    assert.equal(((await clientError)[0] as { code: string }).code, 'ECONNRESET');
  });

  it('tries another member when one refuses, and resets when all do', async (t) => {
    const alive = await greeter(t, 'alive');
    const dead = { address: HOST, port: await freePort() };
    const at = await front();
    const { must } = proxy(t);
    await must(service({ ...at, members: [dead, alive] }));
    assert.deepEqual(await tally(t, at, 6), { alive: 6 });
    await must(service({ ...at, members: [dead] }));
    await assert.rejects(ask(t, at), { code: 'ECONNRESET' });
  });

  it('resets at once while nobody takes new connections, and keeps the port', async (t) => {
    const a = await greeter(t, 'a');
    const at = await front();
    const { must, hold } = proxy(t);
    await must(service({ ...at, members: [] }));
    await assert.rejects(ask(t, at), { code: 'ECONNRESET' });
    const other = proxy(t);
    const report = await other.hold(service({ ...at, members: [a] }));
    assert.equal(report.failed[0]?.code, 'EADDRINUSE');
    assert.deepEqual((await hold(service({ ...at, members: [a] }))).failed, []);
    assert.equal(await ask(t, at), 'a');
  });

  it('does not cut connections when their member or their service goes', async (t) => {
    const echo = await tcpServer(t, (socket) => socket.pipe(socket));
    const a = await greeter(t, 'a');
    const at = await front();
    const { backend, must } = proxy(t);
    await must(service({ ...at, members: [echo] }));
    const client = await tcpClient(t, at);
    const say = async (word: string): Promise<void> => {
      client.write(word);
      const [heard] = (await once(client, 'data')) as [Buffer];
      assert.equal(heard.toString(), word);
    };
    await say('one');
    await must(service({ ...at, members: [a] }));
    await say('two');
    assert.equal(await ask(t, at), 'a');
    await must();
    await say('three');
    await assert.rejects(tcpClient(t, at), { code: 'ECONNREFUSED' });
    assert.deepEqual([...(await backend.connections(never)).values()], [1]);
    const cut = once(client, 'error');
    await backend.release('withdraw');
    assert.equal(((await cut)[0] as { code: string }).code, 'ECONNRESET');
  });

  it('fails no connection while members come and go under load', async (t) => {
    const members = [await greeter(t, 'a'), await greeter(t, 'b'), await greeter(t, 'c')];
    const at = await front();
    const { must } = proxy(t);
    await must(service({ ...at, members }));
    const stop = new AbortController();
    let asked = 0;
    const client = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        assert.match(await ask(t, at), /^[abc]$/);
        asked += 1;
      }
    };
    const clients = Promise.all([client(), client(), client(), client()]);
    for (let round = 0; round < 60; round += 1) {
      const without = members.filter((_, index) => index !== round % 3);
      await must(service({ ...at, members: round % 4 === 3 ? members : without }));
      const before = asked;
      await until(() => asked > before + 4);
    }
    stop.abort();
    await clients;
  });

  it('listens on IPv6 for a member on IPv4', async (t) => {
    const a = await greeter(t, 'four');
    const at = { address: '::1', port: await freePort('::1') };
    const { must } = proxy(t);
    await must(service({ ...at, members: [a] }));
    assert.equal(await ask(t, at), 'four');
  });

  it('says what to do when it cannot listen, and holds the rest', async (t) => {
    const a = await greeter(t, 'a');
    const taken = await greeter(t, 'somebody else');
    const at = await front();
    const { hold } = proxy(t);
    const foreign = { address: '192.0.2.1', port: 8080 };
    const report = await hold(
      service({ ...taken, members: [a] }),
      service({ ...foreign, members: [a] }),
      service({ ...at, members: [a] }),
    );
    assert.deepEqual(report.applied, [`${HOST}:${at.port}/tcp`]);
    assert.deepEqual(
      report.failed.map(({ code }) => code),
      ['EADDRINUSE', 'EADDRNOTAVAIL'],
    );
    assert.match(
      report.failed[0]!.message,
      /^another program listens on .*: stop it .*, or listen on another/,
    );
    assert.match(report.failed[1]!.message, /^192\.0\.2\.1 is not an address of this host: add it/);
    assert.equal(await ask(t, at), 'a');
  });

  it('turns clients beyond max_connections away and says so once', async (t) => {
    const echo = await tcpServer(t, (socket) => socket.pipe(socket));
    const at = await front();
    const { must, backend, logged } = proxy(t, { maxConnections: 2 });
    await must(service({ ...at, members: [echo] }));
    const inside = [await tcpClient(t, at), await tcpClient(t, at)];
    await until(async () => [...(await backend.connections(never)).values()][0] === 2);
    for (let time = 0; time < 3; time += 1) await assert.rejects(ask(t, at), { code: 'ECONNRESET' });
    assert.equal(logged.filter((line) => line.includes('max_connections')).length, 1);
    inside[0]!.destroy();
    await until(async () => [...(await backend.connections(never)).values()][0] === 1);
    (await tcpClient(t, at)).destroy();
  });
});

const poured = new WeakMap<Socket, Promise<string>>();

/** Sends so many random bytes as fast as the other side takes them, then FIN; their SHA-256. */
function pour(socket: Socket, size: number): Promise<string> {
  const run = async (): Promise<string> => {
    const sum = createHash('sha256');
    for (let sent = 0; sent < size; sent += MIB) {
      const chunk = randomBytes(MIB);
      sum.update(chunk);
      if (!socket.write(chunk)) await once(socket, 'drain');
    }
    socket.end();
    return sum.digest('hex');
  };
  const done = run();
  poured.set(socket, done);
  return done;
}

/** Reads to the end with pauses; the SHA-256 of all. */
function slowSum(socket: Socket): Promise<string> {
  const sum = createHash('sha256');
  let sinceRest = 0;
  socket.on('data', (chunk: Buffer) => {
    sum.update(chunk);
    sinceRest += chunk.length;
    if (sinceRest < 2 * MIB) return;
    sinceRest = 0;
    socket.pause();
    setTimeout(() => socket.resume(), 10);
  });
  return once(socket, 'end').then(() => sum.digest('hex'));
}
