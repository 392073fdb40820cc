// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { freePort, udpSocket, until, type Peer } from '../support/loopback.js';
import { never, proxy, service } from '../support/proxy.js';

const HOST = '127.0.0.1';

async function front(host = HOST): Promise<Peer> {
  return { address: host, port: await freePort(host, 'udp') };
}

/** Answers every datagram with its own name and the datagram. */
function echo(t: TestContext, name: string, host?: string): ReturnType<typeof udpSocket> {
  return udpSocket(
    t,
    (datagram, from, socket) => socket.send(`${name} ${datagram.toString()}`, from.port, from.address),
    host,
  );
}

interface Client {
  /** Sends until an answer comes, as UDP may lose either. */
  ask(word: string): Promise<string>;
  close(): void;
}

async function udpClient(t: TestContext, to: Peer): Promise<Client> {
  const { socket, close } = await udpSocket(t, () => undefined, to.address);
  return {
    close,
    async ask(word) {
      let answer: string | null = null;
      const hear = (datagram: Buffer): void => void (answer = datagram.toString());
      socket.on('message', hear);
      let sentMs = -Infinity;
      await until(() => {
        if (answer === null && performance.now() - sentMs > 200) {
          sentMs = performance.now();
          socket.send(word, to.port, to.address);
        }
        return answer !== null;
      });
      socket.off('message', hear);
      return answer ?? '';
    },
  };
}

describe('the proxy and UDP', () => {
  it('gives each of many clients one member, by weight', async (t) => {
    const [a, b] = [await echo(t, 'a'), await echo(t, 'b')];
    const at = await front();
    const { backend, must } = proxy(t);
    await must(service({ ...at, protocol: 'udp', members: [{ ...a, weight: 2 }, b] }));
    const clients = await Promise.all(Array.from({ length: 60 }, () => udpClient(t, at)));
    const first = await Promise.all(clients.map((client, index) => client.ask(`${index}`)));
    assert.ok(first.every((answer, index) => answer.endsWith(` ${index}`)));
    assert.equal(first.filter((answer) => answer.startsWith('a')).length, 40);
    const second = await Promise.all(clients.map((client, index) => client.ask(`${index}`)));
    assert.deepEqual(second, first);
    assert.deepEqual(
      [...(await backend.connections(never)).values()].toSorted((a, b) => a - b),
      [20, 40],
    );
  });

  it('moves the clients of a member that goes, and only those', async (t) => {
    const [a, b, c] = [await echo(t, 'a'), await echo(t, 'b'), await echo(t, 'c')];
    const at = await front();
    const { must } = proxy(t);
    await must(service({ ...at, protocol: 'udp', members: [a, b] }));
    const clients = [await udpClient(t, at), await udpClient(t, at)];
    const names = [await clients[0]!.ask('x'), await clients[1]!.ask('x')];
    assert.deepEqual(names.toSorted(), ['a x', 'b x']);
    await must(service({ ...at, protocol: 'udp', members: [b, c] }));
    for (const [index, client] of clients.entries()) {
      const answer = await client.ask('y');
      if (names[index] === 'b x') assert.equal(answer, 'b y');
      else assert.match(answer, /^[bc] y$/);
    }
  });

  it('drops the flow of a member that refuses, so that the client finds another', async (t) => {
    const alive = await echo(t, 'alive');
    const dead = { address: HOST, port: await freePort(HOST, 'udp') };
    const at = await front();
    const { must } = proxy(t);
    await must(service({ ...at, protocol: 'udp', members: [dead, alive] }));
    for (let time = 0; time < 4; time += 1) {
      assert.equal(await (await udpClient(t, at)).ask('x'), 'alive x');
    }
  });

  it('forgets a client that was quiet for udp_idle', async (t) => {
    const a = await echo(t, 'a');
    const at = await front();
    const { backend, must } = proxy(t, { udpIdleMs: 50 });
    await must(service({ ...at, protocol: 'udp', members: [a] }));
    const client = await udpClient(t, at);
    await client.ask('x');
    await until(async () => (await backend.connections(never)).size === 0);
    assert.equal(await client.ask('y'), 'a y');
  });

  it('lets the system refuse while nobody serves, and opens again', async (t) => {
    const a = await echo(t, 'a');
    const at = await front();
    const { must } = proxy(t);
    await must(service({ ...at, protocol: 'udp', members: [] }));
    const connected = await connectedSocket(t, at);
    const refused = once(connected, 'error');
    connected.send('x');
    assert.equal(((await refused)[0] as { code: string }).code, 'ECONNREFUSED');
    await must(service({ ...at, protocol: 'udp', members: [a] }));
    assert.equal(await (await udpClient(t, at)).ask('x'), 'a x');
    await must(service({ ...at, protocol: 'udp', members: [] }));
    const again = once(connected, 'error');
    connected.send('x');
    assert.equal(((await again)[0] as { code: string }).code, 'ECONNREFUSED');
  });

  it('drops the datagrams of clients beyond max_flows', async (t) => {
    const a = await echo(t, 'a');
    const at = await front();
    const { must, logged } = proxy(t, { maxFlows: 1 });
    await must(service({ ...at, protocol: 'udp', members: [a] }));
    const inside = await udpClient(t, at);
    await inside.ask('x');
    const { socket } = await udpSocket(t, () => assert.fail('nobody answers'));
    socket.send('x', at.port, at.address);
    await until(() => logged.some((line) => line.includes('max_flows')));
    assert.equal(await inside.ask('y'), 'a y');
  });

  it('listens on IPv6 for a member on IPv4', async (t) => {
    const a = await echo(t, 'four');
    const at = await front('::1');
    const { must } = proxy(t);
    await must(service({ ...at, protocol: 'udp', members: [a] }));
    assert.equal(await (await udpClient(t, at)).ask('x'), 'four x');
  });

  it('says what to do when the port is taken', async (t) => {
    const a = await echo(t, 'a');
    const { hold } = proxy(t);
    const report = await hold(service({ address: HOST, port: a.port, protocol: 'udp', members: [a] }));
    assert.equal(report.failed[0]?.code, 'EADDRINUSE');
    assert.match(report.failed[0].message, /another program listens on 127\.0\.0\.1:\d+\/udp: stop it/);
  });
});

/** Sees ICMP errors as `error`. */
async function connectedSocket(
  t: TestContext,
  to: Peer,
): Promise<Awaited<ReturnType<typeof udpSocket>>['socket']> {
  const { socket } = await udpSocket(t, () => undefined);
  socket.connect(to.port, to.address);
  await once(socket, 'connect');
  return socket;
}
