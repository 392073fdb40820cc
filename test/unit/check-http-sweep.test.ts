// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import http from '../../plugins/check-http/index.js';
import type { CheckOutcome, CheckTarget } from '../../src/plugin/api.js';
import { testContext } from '../../src/testing.js';
import { needs } from '../needs.js';
import { httpOptions } from '../support/check-options.js';
import { testHttp } from '../support/http-behaviour.js';
import { probeOnce, said, targetAt } from '../support/probe.js';
import { until } from '../support/loopback.js';
import { on, refusing, serveHttp, serveTcp } from '../support/servers.js';
import { swept, sweptProber } from '../support/swept.js';

const WELL = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell';
const ODD = 'HTTP/1.1 200 OK\r\nfolded: a\r\n b\r\n\r\n';

/** A server that hears whole requests without a body; `serve` gets each, and how many its connection has sent. */
function serveRequests(
  serve: (request: string, socket: Socket, nth: number) => void,
): ReturnType<typeof serveTcp> {
  return serveTcp((socket) => {
    let heard = '';
    let nth = 0;
    socket.on('data', (data) => {
      heard += data.toString('latin1');
      if (!heard.endsWith('\r\n\r\n')) return;
      serve(heard, socket, (nth += 1));
      heard = '';
    });
  });
}

describe('the sweep of the http check', needs('koffi'), () => {
  testHttp(swept(http));

  test('is there for plain HTTP, and not for TLS', async () => {
    for (const tls of [false, true]) {
      const prober = await http.create(testContext(), httpOptions({ tls }));
      assert.equal(prober.probeMany !== undefined, !tls);
      await prober[Symbol.asyncDispose]?.();
    }
  });

  test('sends what the other way sends', async () => {
    const requests: string[] = [];
    await on(
      serveRequests((request, socket) => {
        requests.push(request);
        socket.end(WELL);
      }),
      async (member) => {
        for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'POST', 'PUT', 'PATCH', 'TRACE', 'QUERY']) {
          for (const reuse of [false, true]) {
            const headers = { 'User-Agent': 'probe/1', 'X-Two': 'a, b', accept: 'text/plain' };
            const options = httpOptions({ method, reuse, headers, host: 'shop.example', path: '/a?b=%20c' });
            assert.match(said(await probeOnce(http, options, member)), /^pass/, method);
            assert.match(said(await probeOnce(swept(http), options, member)), /^pass/, method);
            const [one, other] = requests.splice(0);
            assert.equal(other, one);
          }
        }
      },
    );
  });

  test('asks again what is odd, and only that', async () => {
    const answers: (readonly [answer: string, connections: number])[] = [
      [WELL, 1],
      ['HTTP/1.1 503 No\r\n\r\n', 1],
      ['', 1],
      [ODD, 2],
      ['SSH-2.0-OpenSSH\r\n', 2],
      ['HTTP/1.1 200 OK\r\nconten', 2],
    ];
    for (const [answer, expected] of answers) {
      let connections = 0;
      await on(
        serveRequests((_request, socket) => {
          connections += 1;
          socket.end(answer);
        }),
        async (member) => {
          await probeOnce(swept(http), httpOptions(), member);
          assert.equal(connections, expected, answer);
        },
      );
    }
  });

  test('says of an odd answer what the other way hears', () => {
    let connections = 0;
    return on(
      serveRequests((_request, socket) => {
        connections += 1;
        socket.end(connections === 1 ? ODD : 'HTTP/1.1 503 No\r\n\r\n');
      }),
      async (member) => {
        const outcome = await probeOnce(swept(http), httpOptions(), member);
        assert.equal(said(outcome), 'mismatch: http 503, wanted 200-399');
      },
    );
  });

  test('warns of no leak where many answers are odd at once', async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error): void => void warnings.push(warning);
    process.on('warning', hear);
    try {
      await on(
        serveRequests((_, socket) => socket.end(ODD)),
        async (member) => {
          const prober = sweptProber(await http.create(testContext(), httpOptions({})));
          const targets = Array.from({ length: 30 }, () => targetAt(member));
          const probes = targets.map((target) => prober.probe(target, AbortSignal.timeout(5_000)));
          for (const outcome of await Promise.all(probes)) assert.match(said(outcome), /^protocol/);
          await prober[Symbol.asyncDispose]?.();
        },
      );
    } finally {
      process.off('warning', hear);
    }
    assert.deepEqual(warnings, []);
  });

  test('says of a reset that it was one', () =>
    on(
      serveTcp((socket) => socket.once('data', () => socket.resetAndDestroy())),
      async (member) => {
        assert.equal(said(await probeOnce(swept(http), httpOptions(), member)), 'reset: connection reset');
      },
    ));

  test('opens another connection where the member has ended the kept one, however it did', async () => {
    const ends: Record<string, (socket: Socket) => void> = {
      'in order': (socket) => socket.end(),
      'by a reset': (socket) => socket.resetAndDestroy(),
      'with bytes that belong to no request': (socket) => socket.write('x'),
    };
    for (const [how, end] of Object.entries(ends)) {
      for (const when of ['at rest', 'at the next request']) {
        let connections = 0;
        await on(
          serveRequests((_request, socket, nth) => {
            if (nth === 1) connections += 1;
            if (nth === 2) end(socket);
            else socket.write(WELL, () => when === 'at rest' && end(socket));
          }),
          async (member) => {
            if (how.startsWith('with') && when !== 'at rest') return;
            const prober = sweptProber(await http.create(testContext(), httpOptions({ reuse: true })));
            for (let round = 1; round <= 3; round += 1) {
              const outcome = await prober.probe(targetAt(member), AbortSignal.timeout(5_000));
              assert.match(said(outcome), /^pass: http 200/, `${how} ${when}`);
            }
            await prober[Symbol.asyncDispose]?.();
            assert.ok(connections >= 2, `${how} ${when}: ${connections} connections`);
          },
        );
      }
    }
  });

  test('gives each target its own answer, in one batch and in the next', () =>
    on(
      serveHttp((_request, response) => response.writeHead(404).end()),
      async (member) => {
        const prober = await http.create(testContext(), httpOptions({ status: [204], reuse: true }));
        const refused = await refusing();
        const targets = [targetAt(member), targetAt(refused), targetAt(member)];
        const outcomes: [CheckTarget, string][] = [];
        async function* twice(): AsyncGenerator<readonly CheckTarget[]> {
          yield targets;
          yield targets;
        }
        await prober.probeMany?.(
          twice(),
          (target, outcome) => outcomes.push([target, said(outcome)]),
          new AbortController().signal,
        );
        assert.equal(outcomes.length, 6, 'what was under way when the targets ended was answered');
        for (const [target, what] of outcomes) {
          if (target === targets[1]) assert.equal(what, 'refused: connection refused');
          else assert.match(what, /^mismatch: http 404, wanted 204/);
        }
        await prober[Symbol.asyncDispose]?.();
      },
    ));

  test('leaves no connection behind, nor a descriptor', async () => {
    const connections = new Set<Socket>();
    let silent = false;
    await on(
      serveRequests((_request, socket) => {
        connections.add(socket);
        socket.once('close', () => connections.delete(socket));
        if (!silent) socket.write(WELL);
      }),
      async (member) => {
        const before = readdirSync('/proc/self/fd').length;
        for (const end of ['at rest', 'under way']) {
          const prober = sweptProber(await http.create(testContext(), httpOptions({ reuse: true })));
          const probe = (): Promise<CheckOutcome> =>
            prober.probe(targetAt(member), AbortSignal.timeout(5_000));
          assert.match(said(await probe()), /^pass/);
          silent = end === 'under way';
          const ends = Promise.allSettled(silent ? [probe(), probe(), probe()] : []);
          await until(() => connections.size === (silent ? 3 : 1));
          await prober[Symbol.asyncDispose]?.();
          await until(() => connections.size === 0);
          silent = false;
          for (const { status } of await ends) assert.equal(status, 'rejected', 'nothing was reported');
        }
        assert.equal(readdirSync('/proc/self/fd').length, before);
      },
    );
  });

  test('says the same thing by the same object', () =>
    on(
      serveHttp((_request, response) => response.writeHead(503).end()),
      async (member) => {
        const prober = sweptProber(await http.create(testContext(), httpOptions()));
        const outcomes: CheckOutcome[] = [];
        for (let round = 1; round <= 2; round += 1) {
          outcomes.push(await prober.probe(targetAt(member), AbortSignal.timeout(5_000)));
        }
        await prober[Symbol.asyncDispose]?.();
        const [one, other] = outcomes;
        assert.equal(one, other);
        assert.ok(Object.isFrozen(one) && Object.isFrozen(one?.details));
      },
    ));

  test('shows a dialogue where one is asked for', () =>
    on(
      serveHttp((_request, response) => response.end('well')),
      async (member) => {
        const { details } = await probeOnce(swept(http), httpOptions(), member, { target: { trace: true } });
        assert.ok(Array.isArray(details?.['dialogue']));
      },
    ));

  test('loads undici only when something is odd', () => {
    const script = new URL('../support/http-sweep-child.js', import.meta.url);
    const out = execFileSync(process.execPath, [script.pathname], { encoding: 'utf8' });
    assert.deepEqual(JSON.parse(out), [
      ['pass: http 200', false],
      ['refused: connection refused', false],
      ['protocol: no valid HTTP answer', true],
    ]);
  });
});
