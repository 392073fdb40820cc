// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { type Stream, type StreamPeer, Streams, isSystemError } from '../../src/kernel/index.js';
import { systemClock } from '../../src/runtime/clock.js';
import { needs } from '../needs.js';
import { freePort, tcpServer, until } from '../support/loopback.js';
import { silentServer } from '../support/silent-server.js';

/** What befell a stream, in words. */
type News = readonly [context: string, what: string];

interface Listener {
  readonly news: News[];
  readonly streams: Streams<string>;
}

interface Reaction {
  readonly connected?: (stream: Stream<string>) => void;
  readonly ready?: (stream: Stream<string>) => void;
}

function listen(clock = systemClock, reaction: Reaction = {}): Listener {
  const news: News[] = [];
  const streams = new Streams<string>(clock, {
    connected(stream) {
      news.push([stream.context, 'connected']);
      if (reaction.connected === undefined) stream.release();
      else reaction.connected(stream);
    },
    ready(stream) {
      if (reaction.ready === undefined) stream.release();
      else reaction.ready(stream);
    },
    failed(stream, error) {
      news.push([stream.context, isSystemError(error) ? error.code : String(error)]);
    },
    timedOut(stream) {
      news.push([stream.context, 'timed out']);
    },
  });
  return { news, streams };
}

function peerAt(port: number, address = '127.0.0.1', source: string | null = null): StreamPeer {
  return { address, family: address.includes(':') ? 6 : 4, port, source, fwmark: null };
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

const linux = needs('koffi');

describe('streams', linux, () => {
  it('tell of an open port, and of a closed one', async (t) => {
    const server = await tcpServer(t, () => {});
    const { news, streams } = listen();
    using _ = streams;
    streams.connect(peerAt(server.port), 5_000, 'open');
    streams.connect(peerAt(await freePort()), 5_000, 'closed');
    await until(() => news.length === 2);
    assert.deepEqual(Object.fromEntries(news), { closed: 'ECONNREFUSED', open: 'connected' });
  });

  it('never wake a service whose answer is all that is wanted', async (t) => {
    let accepted = 0;
    const server = await tcpServer(t, () => (accepted += 1));
    const { news, streams } = listen();
    using _ = streams;
    for (let round = 1; round <= 5; round += 1) {
      for (let nth = 0; nth < 40; nth += 1) streams.connect(peerAt(server.port), 5_000, 'x');
      await until(() => news.length === round * 40);
    }
    assert.ok(news.every(([, what]) => what === 'connected'));
    // A connection that is really made comes after whatever the probes would have left in the queue.
    const last = listen(systemClock, { connected: (stream) => void stream.write(Buffer.from('x')) });
    using __ = last.streams;
    last.streams.connect(peerAt(server.port), 5_000, 'real');
    await until(() => accepted > 0);
    assert.equal(accepted, 1);
  });

  it('use few sockets again and again, and leave none', async (t) => {
    const server = await tcpServer(t, () => {});
    const before = openDescriptors();
    const { news, streams } = listen();
    streams.connect(peerAt(server.port), 5_000, 'first');
    await until(() => news.length === 1);
    const atWork = openDescriptors();
    assert.equal(atWork, before + 2, 'the epoll descriptor and one socket');
    for (let nth = 2; nth <= 60; nth += 1) {
      streams.connect(peerAt(server.port), 5_000, 'next');
      await until(() => news.length === nth);
    }
    assert.equal(openDescriptors(), atWork);
    streams.connect(peerAt(server.port), 5_000, 'under way at the end');
    streams[Symbol.dispose]();
    assert.equal(openDescriptors(), before);
  });

  it('share sockets between probers, and end with the last of them', async (t) => {
    const server = await tcpServer(t, () => {});
    const before = openDescriptors();
    const one = listen();
    const other = listen();
    one.streams.connect(peerAt(server.port), 5_000, 'one');
    await until(() => one.news.length === 1);
    other.streams.connect(peerAt(server.port), 5_000, 'other');
    await until(() => other.news.length === 1);
    assert.equal(openDescriptors(), before + 2);
    one.streams[Symbol.dispose]();
    other.streams.connect(peerAt(server.port), 5_000, 'again');
    await until(() => other.news.length === 2);
    other.streams[Symbol.dispose]();
    assert.equal(openDescriptors(), before);
    assert.throws(() => other.streams.connect(peerAt(server.port), 5_000, 'late'), /closed/);
  });

  it('carry a dialogue up to the end, and a new one on the same socket', async (t) => {
    const server = await tcpServer(t, (socket) =>
      socket.once('data', (data: Buffer) => socket.end(`${data.toString()} yourself`)),
    );
    const heard = new Map<string, string>();
    const ended: string[] = [];
    const buffer = Buffer.alloc(4);
    const { streams } = listen(systemClock, {
      connected: (stream) => assert.equal(stream.write(Buffer.from(stream.context)), stream.context.length),
      ready(stream) {
        for (let count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
          heard.set(stream.context, (heard.get(stream.context) ?? '') + buffer.toString('utf8', 0, count));
          if (count > 0) continue;
          ended.push(stream.context);
          stream.release();
          return;
        }
      },
    });
    using _ = streams;
    for (const word of ['hello', 'goodbye']) {
      streams.connect(peerAt(server.port), 5_000, word);
      await until(() => ended.includes(word));
      assert.equal(heard.get(word), `${word} yourself`);
    }
  });

  it('take in part what does not fit, and tell when there is room', async (t) => {
    let read = 0;
    const total = 32 * 1024 * 1024;
    const server = await tcpServer(t, (socket) => socket.on('data', (data: Buffer) => (read += data.length)));
    let sent = 0;
    let stops = 0;
    const chunk = Buffer.alloc(total);
    const write = (stream: Stream<string>): void => {
      while (sent < total) {
        const count = stream.write(chunk.subarray(sent));
        if (count < 0) {
          stops += 1;
          return;
        }
        sent += count;
      }
    };
    const { streams } = listen(systemClock, { connected: write, ready: write });
    using _ = streams;
    streams.connect(peerAt(server.port), 30_000, 'much');
    await until(() => read === total, 30_000);
    assert.ok(stops > 0);
  });

  it('tell of a reset, of whatever a handler throws, and go on', async (t) => {
    const server = await tcpServer(t, (socket) => socket.once('data', () => socket.resetAndDestroy()));
    const { news, streams } = listen(systemClock, {
      connected: (stream) => void stream.write(Buffer.from('x')),
      ready: (stream) => void stream.read(Buffer.alloc(1)),
    });
    using _ = streams;
    streams.connect(peerAt(server.port), 5_000, 'reset');
    await until(() => news.length === 2);
    assert.deepEqual(news[1], ['reset', 'ECONNRESET']);

    const clumsy = listen(systemClock, {
      connected: () => {
        throw new Error('clumsy');
      },
    });
    using __ = clumsy.streams;
    clumsy.streams.connect(peerAt(server.port), 5_000, 'a');
    clumsy.streams.connect(peerAt(server.port), 5_000, 'b');
    await until(() => clumsy.news.length === 4);
    assert.deepEqual(clumsy.news.map(([context, what]) => `${context} ${what}`).toSorted(), [
      'a Error: clumsy',
      'a connected',
      'b Error: clumsy',
      'b connected',
    ]);
  });

  it('throw at once what the system refuses at once', () => {
    const { streams } = listen();
    using _ = streams;
    const before = openDescriptors();
    assert.throws(() => streams.connect(peerAt(1, '127.0.0.1', '192.0.2.9'), 100, 'x'), {
      code: 'EADDRNOTAVAIL',
      syscall: 'bind',
    });
    assert.throws(() => streams.connect(peerAt(1, '127.0.0.1', 'no-such-device'), 100, 'x'), {
      code: 'SLUICE_UNAVAILABLE',
    });
    assert.throws(() => streams.connect(peerAt(1, 'fe80::1%no-such-device'), 100, 'x'), { code: 'ENODEV' });
    assert.throws(() => streams.connect(peerAt(1, 'fe80::1'), 100, 'x'), { syscall: 'connect' });
    assert.equal(openDescriptors(), before, 'nothing is left of what failed');
  });

  it('outlive a want of descriptors', async (t) => {
    const silent = await silentServer();
    t.after(silent.close);
    const script = `
      const [kernel, clock, port] = process.argv.slice(1);
      const { Streams } = await import(kernel);
      const { systemClock } = await import(clock);
      const peer = { address: '127.0.0.1', family: 4, port: Number(port), source: null, fwmark: null };
      const handler = { connected() {}, ready() {}, failed() {}, timedOut() {} };
      const streams = new Streams(systemClock, handler);
      const held = [];
      let refusal;
      while (refusal === undefined) {
        try { held.push(streams.connect(peer, 60_000, null)); } catch (error) { refusal = error; }
      }
      for (const stream of held) stream.release();
      for (const _ of held) streams.connect(peer, 60_000, null);
      console.log(refusal.code, refusal.syscall, held.length > 10);`;
    const node = [process.execPath, '--input-type=module', '-e', script];
    const modules = ['../../src/kernel/index.js', '../../src/runtime/clock.js'];
    const output = execFileSync(
      'sh',
      [
        '-c',
        'ulimit -n 64 && exec "$@"',
        'sh',
        ...node,
        ...modules.map((path) => new URL(path, import.meta.url).href),
        String(silent.port),
      ],
      { encoding: 'utf8', timeout: 20_000 },
    );
    assert.equal(output, 'EMFILE socket true\n');
  });

  it('connect from the source asked for, each from its own', async (t) => {
    const from: (string | undefined)[] = [];
    const server = await tcpServer(t, (socket) => from.push(socket.remoteAddress));
    const { news, streams } = listen(systemClock, {
      connected: (stream) => void stream.write(Buffer.from('x')),
    });
    using _ = streams;
    for (const source of ['127.0.0.9', null, '127.0.0.8', '127.0.0.9', null]) {
      const peer = peerAt(server.port, '127.0.0.1', source);
      const count = from.length;
      const stream = streams.connect(peer, 5_000, 'x');
      await until(() => from.length === count + 1);
      stream.release();
    }
    assert.equal(news.length, 5);
    assert.deepEqual(from, ['127.0.0.9', '127.0.0.1', '127.0.0.8', '127.0.0.9', '127.0.0.1']);
  });

  it('connect by IPv6, to mapped addresses too', async (t) => {
    const server = await tcpServer(t, () => {}, '::1');
    const mapped = await tcpServer(t, () => {});
    const { news, streams } = listen();
    using _ = streams;
    for (const [port, address] of [
      [server.port, '::1'],
      [mapped.port, '::ffff:127.0.0.1'],
      [server.port, '::1'],
      [mapped.port, '::ffff:7f00:1'],
      [server.port, '::1'],
    ] as const) {
      const count = news.length;
      streams.connect(peerAt(port, address), 5_000, address);
      await until(() => news.length === count + 1);
      assert.deepEqual(news.at(-1), [address, 'connected']);
    }
  });

  it('take no news of one connection for the next on its socket', async (t) => {
    const silent = await silentServer();
    t.after(silent.close);
    const server = await tcpServer(t, () => {});
    const answered = new Map<string, Stream<string>>();
    const { news, streams } = listen(systemClock, {
      // Both have answered when the first is told: the other's socket goes to a third, with its news on the way.
      connected(stream) {
        for (const other of answered.values()) if (other !== stream) other.release();
        streams.connect(peerAt(silent.port), 50, 'third');
        stream.release();
      },
    });
    using _ = streams;
    for (const name of ['one', 'other'])
      answered.set(name, streams.connect(peerAt(server.port), 5_000, name));
    await until(() => news.length === 2);
    assert.equal(news[0]?.[1], 'connected');
    assert.deepEqual(news[1], ['third', 'timed out']);
  });

  it('let a socket go through a refusal, a success and a time-out in any order', async (t) => {
    const silent = await silentServer();
    t.after(silent.close);
    const server = await tcpServer(t, () => {});
    const peers = {
      open: peerAt(server.port),
      closed: peerAt(await freePort()),
      silent: peerAt(silent.port),
    };
    const expected = { open: 'connected', closed: 'ECONNREFUSED', silent: 'timed out' };
    const { news, streams } = listen();
    using _ = streams;
    for (const name of ['closed', 'open', 'silent', 'open', 'closed', 'silent', 'closed', 'open'] as const) {
      const count = news.length;
      streams.connect(peers[name], 50, name);
      await until(() => news.length === count + 1);
      assert.deepEqual(news.at(-1), [name, expected[name]]);
    }
  });
});

describe('streams whose time is over', linux, () => {
  it('are told so in the order of their deadlines', async (t) => {
    const silent = await silentServer();
    t.after(silent.close);
    const clock = new FakeClock();
    const { news, streams } = listen(clock);
    using _ = streams;
    const peer = peerAt(silent.port);
    streams.connect(peer, 100, 'a');
    streams.connect(peer, 50, 'b');
    await clock.advance(10);
    streams.connect(peer, 100, 'c');
    streams.connect(peer, 50, 'd').release();
    await clock.advance(39);
    assert.deepEqual(news, []);
    await clock.advance(1);
    assert.deepEqual(news, [['b', 'timed out']]);
    await clock.advance(60);
    assert.deepEqual(news.slice(1), [
      ['a', 'timed out'],
      ['c', 'timed out'],
    ]);
    assert.equal(clock.pending, 0, 'nobody looks when nothing is under way');
  });

  it('are not called late when their answer waited for a loop that was held', async (t) => {
    const server = await tcpServer(t, () => {});
    const silent = await silentServer();
    t.after(silent.close);
    const clock = new FakeClock();
    const { news, streams } = listen(clock);
    using _ = streams;
    streams.connect(peerAt(server.port), 100, 'answered');
    streams.connect(peerAt(silent.port), 100, 'silent');
    clock.stall(5_000);
    await until(() => news.length === 2);
    assert.deepEqual(news, [
      ['answered', 'connected'],
      ['silent', 'timed out'],
    ]);
  });

  it('are looked for often while they are young, and less and less often', async (t) => {
    const silent = await silentServer();
    t.after(silent.close);
    const pausesMs: number[] = [];
    class Watched extends FakeClock {
      override after(delayMs: number, callback: () => void): Disposable {
        pausesMs.push(delayMs);
        return super.after(delayMs, callback);
      }
    }
    const clock = new Watched();
    const { news, streams } = listen(clock);
    using _ = streams;
    streams.connect(peerAt(silent.port), 1_000, 'x');
    await clock.advance(1_000);
    assert.deepEqual(news, [['x', 'timed out']]);
    assert.equal(pausesMs[0], 1);
    assert.equal(Math.max(...pausesMs), 20);
    assert.ok(pausesMs.length < 100, `${pausesMs.length} looks`);
  });

  it('wait for the whole dialogue, not for the handshake alone', async (t) => {
    const server = await tcpServer(t, () => {});
    const { news, streams } = listen(systemClock, { connected: () => {} });
    using _ = streams;
    streams.connect(peerAt(server.port), 50, 'mute');
    await until(() => news.length === 2);
    assert.deepEqual(news, [
      ['mute', 'connected'],
      ['mute', 'timed out'],
    ]);
  });
});
