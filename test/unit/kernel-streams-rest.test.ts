// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { Streams } from '../../src/kernel/index.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { systemClock } from '../../src/runtime/clock.js';
import { needs } from '../needs.js';
import { tcpServer, until } from '../support/loopback.js';

interface Talk {
  readonly news: string[];
  readonly streams: Streams<string>;
}

/** Says `hello` on each connection, and lets it rest when something comes back. */
function talk(clock = systemClock): Talk {
  const buffer = new Uint8Array(100);
  const news: string[] = [];
  return {
    news,
    streams: new Streams(clock, {
      connected(stream) {
        stream.write(Buffer.from('hello'));
      },
      ready(stream) {
        const count = stream.read(buffer);
        if (count < 0) return;
        news.push(count === 0 ? 'end' : Buffer.from(buffer.subarray(0, count)).toString());
        if (count === 0) stream.release();
        else stream.rest();
      },
      failed: () => news.push('failed'),
      timedOut: () => news.push('timed out'),
    }),
  };
}

const echo = (socket: Socket): void => void socket.on('data', (data) => socket.write(data));

describe('a stream that rests', needs('koffi'), () => {
  it('serves the next request on the same connection', async (t) => {
    let connections = 0;
    const server = await tcpServer(t, (socket) => {
      connections += 1;
      echo(socket);
    });
    const { streams, news } = talk();
    using _ = streams;
    const peer = {
      address: server.address,
      family: 4,
      port: server.port,
      source: null,
      fwmark: null,
    } as const;
    const first = streams.connect(peer, 5_000, 'x');
    await until(() => news.length === 1);
    first.resume(5_000);
    first.write(Buffer.from('again'));
    await until(() => news.length === 2);
    assert.deepEqual(news, ['hello', 'again']);
    assert.equal(connections, 1);
  });

  it('has no end by itself, and one again when it is asked for more', async (t) => {
    const server = await tcpServer(t, echo);
    const clock = new FakeClock();
    const { streams, news } = talk(clock);
    using _ = streams;
    const peer = {
      address: server.address,
      family: 4,
      port: server.port,
      source: null,
      fwmark: null,
    } as const;
    const stream = streams.connect(peer, 1_000, 'x');
    await until(async () => {
      await clock.advance(1);
      return news.length === 1;
    });
    await clock.advance(100_000);
    assert.deepEqual(news, ['hello']);
    stream.resume(1_000);
    await clock.advance(999);
    assert.deepEqual(news, ['hello']);
    await clock.advance(1);
    assert.deepEqual(news, ['hello', 'timed out']);
  });

  it('ends with the streams of its prober', async (t) => {
    let ended = 0;
    const server = await tcpServer(t, (socket) => {
      echo(socket);
      socket.on('close', () => (ended += 1));
    });
    const { streams, news } = talk();
    const peer = {
      address: server.address,
      family: 4,
      port: server.port,
      source: null,
      fwmark: null,
    } as const;
    streams.connect(peer, 5_000, 'x');
    await until(() => news.length === 1);
    streams[Symbol.dispose]();
    await until(() => ended === 1);
    assert.deepEqual(news, ['hello']);
  });

  it('goes on where another prober ends', async (t) => {
    let ended = 0;
    const server = await tcpServer(t, (socket) => {
      echo(socket);
      socket.on('close', () => (ended += 1));
    });
    const peer = {
      address: server.address,
      family: 4,
      port: server.port,
      source: null,
      fwmark: null,
    } as const;
    const one = talk();
    const other = talk();
    using _ = other.streams;
    one.streams.connect(peer, 5_000, 'x');
    const stream = other.streams.connect(peer, 5_000, 'y');
    await until(() => one.news.length === 1 && other.news.length === 1);
    one.streams[Symbol.dispose]();
    await until(() => ended === 1);
    stream.resume(5_000);
    stream.write(Buffer.from('again'));
    await until(() => other.news.length === 2);
    assert.deepEqual(other.news, ['hello', 'again']);
  });
});
