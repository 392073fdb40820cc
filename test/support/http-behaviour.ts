// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type http from '../../plugins/check-http/index.js';
import { testContext } from '../../src/testing.js';
import { httpOptions } from './check-options.js';
import { fixturePath } from './fixture.js';
import { probeOnce, said, targetAt } from './probe.js';
import { on, serveHttp, serveTcp, serveTls } from './servers.js';

/** A server that answers every connection with these bytes, valid HTTP or not. */
function raw(answer: string | Buffer): ReturnType<typeof serveTcp> {
  return serveTcp((socket) => socket.once('data', () => socket.end(answer)));
}

/** What the check does, whichever way it goes: `check` is it, or itself in another form. */
export function testHttp(check: typeof http): void {
  test('a wanted status passes, another one fails with both', () =>
    on(
      serveHttp((request, response) => response.writeHead(Number(request.url?.slice(1))).end()),
      async (member) => {
        const options = httpOptions({ path: '/204', status: [200, '203-299'] });
        assert.match(said(await probeOnce(check, options, member)), /^pass: http 204 in [\d.]+ ms$/);
        assert.equal(
          said(await probeOnce(check, { ...options, path: '/302' }, member)),
          'mismatch: http 302, wanted 200, 203-299',
        );
      },
    ));

  test('each probe opens a connection, unless they are to be kept', async () => {
    for (const [reuse, connections] of [
      [false, 3],
      [true, 1],
    ] as const) {
      const ports = new Set<number | undefined>();
      await on(
        serveHttp((request, response) => {
          ports.add(request.socket.remotePort);
          response.end('well');
        }),
        async (member) => {
          const prober = await check.create(testContext(), httpOptions({ reuse }));
          for (let round = 0; round < 3; round++) {
            const outcome = await prober.probe(targetAt(member), AbortSignal.timeout(5_000));
            assert.match(said(outcome), /^pass/);
          }
          await prober[Symbol.asyncDispose]?.();
        },
      );
      assert.equal(ports.size, connections);
    }
  });

  test('a kept connection that the member has ended is replaced without a failure', () =>
    on(
      serveHttp((_request, response) => {
        response.end('well', () => setImmediate(() => response.socket?.destroy()));
      }),
      async (member) => {
        const prober = await check.create(testContext(), httpOptions({ reuse: true }));
        for (let round = 0; round < 4; round++) {
          const outcome = await prober.probe(targetAt(member), AbortSignal.timeout(5_000));
          assert.match(said(outcome), /^pass/);
        }
        await prober[Symbol.asyncDispose]?.();
      },
    ));

  test('the request says what was configured, and the Host header is right', async (t) => {
    const seen: string[] = [];
    const listener: Parameters<typeof serveHttp>[0] = (request, response) => {
      seen.push(
        `${request.method} ${request.url} ${request.headers.host} ${String(request.headers['x-probe'])}`,
      );
      response.end();
    };
    let port = 0;
    await on(serveHttp(listener), async (member) => {
      port = member.port;
      await probeOnce(
        check,
        httpOptions({ method: 'HEAD', path: '/a?b=c', headers: { 'X-Probe': '1' } }),
        member,
      );
      await probeOnce(check, httpOptions({ host: 'shop.example' }), member);
    });
    assert.deepEqual(seen.splice(0), [`HEAD /a?b=c 127.0.0.1:${port} 1`, 'GET / shop.example undefined']);
    try {
      await on(serveHttp(listener, '::1'), async (member) => {
        port = member.port;
        await probeOnce(check, httpOptions(), member);
      });
    } catch {
      t.diagnostic('no IPv6 on this host');
      return;
    }
    assert.deepEqual(seen, [`GET / [::1]:${port} undefined`]);
  });

  test('the body is searched by glob or regular expression', () =>
    on(
      serveHttp((_request, response) => {
        response.write('{"state":');
        setImmediate(() => response.end('"green"}'));
      }),
      async (member) => {
        for (const body of ['"state":"gr??n"', '^{*}$', '/"state":"(green|yellow)"/', '/STATE/i']) {
          assert.match(said(await probeOnce(check, httpOptions({ body }), member)), /^pass/, body);
        }
        assert.equal(
          said(await probeOnce(check, httpOptions({ body: 'red' }), member)),
          'mismatch: http 200, but the body: expected "red", got "{"state":"green"}"',
        );
      },
    ));

  test('of a huge body no more than max_body is read', () => {
    let written = 0;
    return on(
      serveHttp((_request, response) => {
        const flood = (): void => {
          written += 65_536;
          if (response.writable && written < 1 << 30) response.write(Buffer.alloc(65_536, 'x'), flood);
        };
        flood();
      }),
      async (member) => {
        const options = httpOptions({ body: 'needle', max_body: '128KiB' });
        assert.match(said(await probeOnce(check, options, member)), /^mismatch: http 200, but the body/);
        assert.match(said(await probeOnce(check, httpOptions(), member)), /^pass/);
        assert.ok(written < 64 << 20, `${written} bytes were written`);
      },
    );
  });

  test('what is no HTTP is named', async () => {
    const flood = `HTTP/1.1 200 OK\r\n${'x-fill: yes\r\n'.repeat(10_000)}\r\n`;
    const cases: readonly (readonly [string | Buffer, RegExp])[] = [
      ['SSH-2.0-OpenSSH\r\n', /^protocol: no valid HTTP answer$/],
      ['', /^protocol: closed by the peer before the answer was complete$/],
      ['HTTP/1.1 200 OK\r\ncontent-le', /^protocol: /],
      [flood, /^protocol: the answer's headers are larger than 16 KiB$/],
      [Buffer.alloc(100_000, 0), /^protocol: no valid HTTP answer/],
    ];
    for (const [answer, expected] of cases) {
      await on(raw(answer), async (member) => {
        assert.match(said(await probeOnce(check, httpOptions(), member)), expected);
      });
    }
  });

  test('interim answers are passed over, redirects are not followed', async () => {
    await on(
      raw('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
      async (member) => {
        assert.match(said(await probeOnce(check, httpOptions({ status: [200] }), member)), /^pass: http 200/);
      },
    );
    await on(raw('HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n'), async (member) => {
      assert.match(said(await probeOnce(check, httpOptions(), member)), /^pass: http 302/);
    });
  });

  test('a reset, and an answer that dribbles past the deadline', async () => {
    await on(
      serveTcp((socket) => socket.once('data', () => socket.resetAndDestroy())),
      async (member) => {
        assert.match(said(await probeOnce(check, httpOptions(), member)), /^(reset|protocol): /);
      },
    );
    await on(
      serveTcp((socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nx-slow:'))),
      async (member) => {
        const startMs = performance.now();
        const outcome = await probeOnce(check, httpOptions(), member, { target: { timeoutMs: 300 } });
        assert.match(said(outcome), /^timeout: timed out waiting for the answer/);
        assert.ok(performance.now() - startMs < 600, 'undici has coarse time-outs of its own; they are off');
      },
    );
  });

  test('TLS takes its name from the Host header', () =>
    on(
      serveTls((socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')),
      ),
      async (member) => {
        const ca = fixturePath('tls/ca.pem');
        const tls = { ca, verify: true, min_version: '1.2' } as const;
        const outcome = await probeOnce(check, httpOptions({ tls, host: 'shop.example:8443' }), member);
        assert.match(said(outcome), /^pass: http 200/);
        assert.equal(
          said(await probeOnce(check, httpOptions({ tls, host: 'other.example' }), member)),
          'tls: certificate is not for other.example',
        );
        assert.equal(
          said(await probeOnce(check, httpOptions({ tls: true }), member)),
          'tls: certificate of an unknown issuer',
        );
      },
    ));

  test('mistakes in the options are found before anything runs', () => {
    const problems = check.validate?.(
      httpOptions({
        status: [200, '300-200'],
        headers: { Host: 'x', 'bad name': 'y', ok: 'a\r\nb: c' },
        body: '/(/',
        method: 'CONNECT',
        max_body: '1000MiB',
      }),
    );
    assert.deepEqual(
      problems?.map(({ path }) => path.join('.')),
      ['status.1', 'headers.Host', 'headers.bad name', 'headers.ok', 'body', 'method', 'max_body'],
    );
  });
}
