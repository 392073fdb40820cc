// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import tcp from '../../plugins/check-tcp/index.js';
import { probeOnce, said } from '../support/probe.js';
import { on, serveTcp } from '../support/servers.js';
import { tcpOptions } from '../support/check-options.js';

test('an open port passes with the time it took', () =>
  on(
    serveTcp(() => {}),
    async (member) => {
      assert.match(said(await probeOnce(tcp, tcpOptions(), member)), /^pass: connected in [\d.]+ ms$/);
    },
  ));

test('the source of a probe is honoured', () => {
  const sources: (string | undefined)[] = [];
  return on(
    serveTcp((socket) => sources.push(socket.remoteAddress)),
    async (member) => {
      const options = tcpOptions({ script: [{ expect: 'x' }] });
      await probeOnce(tcp, options, member, { target: { source: '127.0.0.9', timeoutMs: 200 } });
      assert.deepEqual(sources, ['127.0.0.9']);
    },
  );
});

test('a source address of another host is no fault of the member', () =>
  on(
    serveTcp(() => {}),
    async (member) => {
      const outcome = await probeOnce(tcp, tcpOptions(), member, { target: { source: '192.0.2.9' } });
      assert.match(said(outcome), /^inconclusive: the source address is not on this host/);
    },
  ));

test('a script of several steps is held over a server that dribbles', () =>
  on(
    serveTcp((socket) => {
      const words = ['2', '20 mail\r', '\n', '250 o', 'k\r\n'];
      const say = (): void => {
        const word = words.shift();
        if (word !== undefined) socket.write(word, () => setImmediate(say));
      };
      socket.once('data', () => say());
      say();
    }),
    async (member) => {
      const script = [{ expect: '^220*%0A' }, { send: 'EHLO x%0D%0A' }, { expect_regex: '250 [a-z]+\\r\\n' }];
      assert.match(said(await probeOnce(tcp, tcpOptions({ script }), member)), /^pass: .*script matched/);
    },
  ));

test('a wrong answer is shown with what was expected, shortly before the time-out', () =>
  on(
    serveTcp((socket) => socket.write('-LOADING')),
    async (member) => {
      const outcome = await probeOnce(tcp, tcpOptions({ script: [{ expect: 'PONG' }] }), member, {
        target: { timeoutMs: 200 },
      });
      assert.equal(said(outcome), 'mismatch: expected "PONG", got "-LOADING"');
    },
  ));

test('a reset in the middle is told from a close', async () => {
  const script = [{ send: 'PING' }, { expect: 'PONG' }];
  await on(
    serveTcp((socket) => socket.once('data', () => socket.resetAndDestroy())),
    async (member) => {
      assert.equal(said(await probeOnce(tcp, tcpOptions({ script }), member)), 'reset: connection reset');
    },
  );
  await on(
    serveTcp((socket) => socket.once('data', () => socket.end('PO'))),
    async (member) => {
      assert.equal(
        said(await probeOnce(tcp, tcpOptions({ script }), member)),
        'mismatch: expected "PONG", got "PO", then the end',
      );
    },
  );
});

test('with close the member must end in order', async () => {
  const options = tcpOptions({ close: true });
  await on(
    serveTcp((socket) => socket.end('bye')),
    async (member) => {
      assert.match(said(await probeOnce(tcp, options, member)), /^pass: .*closed in order/);
    },
  );
  await on(
    serveTcp((socket) => socket.resetAndDestroy()),
    async (member) => {
      assert.match(said(await probeOnce(tcp, options, member)), /^reset: /);
    },
  );
  await on(
    serveTcp(() => {}),
    async (member) => {
      const outcome = await probeOnce(tcp, options, member, { target: { timeoutMs: 200 } });
      assert.equal(said(outcome), 'timeout: the peer did not close the connection in time');
    },
  );
});

test('a catastrophic regular expression is broken off and held against nobody', () =>
  on(
    serveTcp((socket) => socket.write(`${'a'.repeat(40)}!`)),
    async (member) => {
      const startMs = performance.now();
      const outcome = await probeOnce(tcp, tcpOptions({ script: [{ expect_regex: '(a+)+$' }] }), member);
      assert.match(said(outcome), /^inconclusive: the regular expression took longer/);
      assert.ok(performance.now() - startMs < 2_000);
    },
  ));

test('an endless answer ends the probe', () =>
  on(
    serveTcp((socket) => {
      const flood = (): void => void (socket.writable && socket.write(Buffer.alloc(65_536, 'x'), flood));
      flood();
    }),
    async (member) => {
      const outcome = await probeOnce(tcp, tcpOptions({ script: [{ expect: 'needle' }] }), member);
      assert.match(said(outcome), /^protocol: .*64 KiB/);
    },
  ));

test('a traced probe shows the dialogue', () =>
  on(
    serveTcp((socket) => socket.once('data', () => socket.write('PONG\r\n'))),
    async (member) => {
      const script = [{ send: 'PING%0D%0A' }, { expect: 'PONG' }];
      const outcome = await probeOnce(tcp, tcpOptions({ script }), member, { target: { trace: true } });
      const dialogue = outcome.details?.['dialogue'];
      assert.ok(Array.isArray(dialogue));
      assert.match(dialogue.join('\n'), /> "PING%0D%0A" \(\+[\d.]+ ms\)\n< "PONG%0D%0A" \(\+/);
    },
  ));

test('mistakes in the options are found before anything runs', () => {
  const problems = tcp.validate?.({
    handshake: 'half',
    tls: { server_name: '10.0.0.1', verify: true, min_version: '1.2' },
    close: false,
    script: [{ send: '%zz' }, { expect: '[a' }],
  });
  assert.deepEqual(
    problems?.map(({ path }) => path.join('.')),
    ['script.0.send', 'script.1.expect', 'tls.server_name', 'handshake'],
  );
});
