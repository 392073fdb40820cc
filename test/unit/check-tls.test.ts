// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { tlsProblems } from '../../plugins/tls/options.js';
import tls from '../../plugins/check-tls/index.js';
import { testContext } from '../../src/testing.js';
import { systemClock } from '../../src/runtime/clock.js';
import { tlsOptions } from '../support/check-options.js';
import { fixturePath } from '../support/fixture.js';
import { probeOnce, said, targetAt } from '../support/probe.js';
import { on, serveTcp, serveTls } from '../support/servers.js';

const ca = fixturePath('tls/ca.pem');
const quiet = (): void => {};

test('a good certificate passes, for the name or for the address, with its details', () =>
  on(serveTls(quiet), async (member) => {
    const byName = await probeOnce(tls, tlsOptions({ ca, server_name: 'shop.example' }), member);
    assert.match(said(byName), /^pass: TLS 1\.3 in [\d.]+ ms, certificate valid for \d+ days$/);
    assert.equal(byName.details?.['issuer'], 'CN=sluice test CA');
    assert.match(said(await probeOnce(tls, tlsOptions({ ca }), member)), /^pass/);
  }));

test('each fault of a certificate has words of its own', async () => {
  await on(serveTls(quiet), async (member) => {
    assert.equal(
      said(await probeOnce(tls, tlsOptions({ ca, server_name: 'other.example' }), member)),
      'tls: certificate is not for other.example, but for DNS:shop.example, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    assert.equal(said(await probeOnce(tls, tlsOptions(), member)), 'tls: certificate of an unknown issuer');
    assert.match(said(await probeOnce(tls, tlsOptions({ verify: false }), member)), /^pass/);
  });
  await on(serveTls(quiet, 'expired'), async (member) => {
    assert.equal(
      said(await probeOnce(tls, tlsOptions({ ca }), member)),
      'tls: certificate expired on 2020-02-01',
    );
  });
  await on(serveTls(quiet, 'self-signed'), async (member) => {
    assert.equal(said(await probeOnce(tls, tlsOptions({ ca }), member)), 'tls: certificate is self-signed');
  });
});

test('a certificate that ends too soon fails', () =>
  on(serveTls(quiet), async (member) => {
    const options = tlsOptions({ ca, min_valid: '14d' });
    const passed = await probeOnce(tls, options, member);
    assert.match(said(passed), /^pass/);
    const endMs = Date.parse(String(passed.details?.['valid_to']));
    const clock = { ...systemClock, now: () => endMs - 10.5 * 86_400_000 };
    const outcome = await probeOnce(tls, options, member, { context: { clock } });
    assert.match(said(outcome), /^tls: certificate ends on \d{4}-\d\d-\d\d, in 10 days$/);
  }));

test('what is no TLS, too old, or speaks another protocol', async () => {
  await on(
    serveTcp((socket) => socket.end('220 mail.example ESMTP\r\n')),
    async (member) => {
      assert.equal(
        said(await probeOnce(tls, tlsOptions({ ca }), member)),
        'tls: the peer does not speak TLS',
      );
    },
  );
  await on(serveTls(quiet, 'member', { maxVersion: 'TLSv1.2' }), async (member) => {
    assert.equal(
      said(await probeOnce(tls, tlsOptions({ ca, min_version: '1.3' }), member)),
      'tls: the peer speaks no TLS version that is wanted',
    );
  });
  await on(serveTls(quiet, 'member', { ALPNProtocols: ['http/1.1'] }), async (member) => {
    const options = tlsOptions({ ca, alpn: ['http/1.1'] });
    assert.match(said(await probeOnce(tls, options, member)), /^pass/);
    assert.match(said(await probeOnce(tls, { ...options, alpn: ['imap'] }, member)), /^tls: .*\(ALPN\)/);
  });
});

test('a script runs over TLS', () =>
  on(
    serveTls((socket) => socket.once('data', () => socket.write('+PONG\r\n'))),
    async (member) => {
      const script = [{ send: 'PING%0D%0A' }, { expect: '^+PONG' }];
      assert.match(said(await probeOnce(tls, tlsOptions({ ca, script }), member)), /^pass/);
      const wrong = [{ send: 'PING%0D%0A' }, { expect: '^-' }];
      assert.equal(
        said(await probeOnce(tls, tlsOptions({ ca, script: wrong }), member)),
        'mismatch: expected "^-", got "+PONG%0D%0A"',
      );
    },
  ));

test('every probe makes a full handshake, whatever the member offers', async () => {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const reused: boolean[] = [];
    const serve = (socket: Socket): void => {
      if (socket instanceof TLSSocket) reused.push(socket.isSessionReused());
      socket.write('hello');
    };
    await on(serveTls(serve, 'member', { maxVersion }), async (member) => {
      const prober = await tls.create(testContext(), tlsOptions({ ca, script: [{ expect: 'hello' }] }));
      for (let round = 0; round < 3; round += 1) {
        const outcome = await prober.probe(targetAt(member), new AbortController().signal);
        assert.match(said(outcome), /^pass/);
      }
      assert.deepEqual(reused, [false, false, false]);
    });
  }
});

test('one check tells the certificates of its members apart', async () => {
  const prober = await tls.create(testContext(), tlsOptions({ ca, verify: false }));
  await on(serveTls(quiet), (good) =>
    on(serveTls(quiet, 'self-signed'), async (own) => {
      for (const [member, issuer] of [
        [good, 'CN=sluice test CA'],
        [own, 'CN=shop.example'],
        [good, 'CN=sluice test CA'],
      ] as const) {
        const { details } = await prober.probe(targetAt(member), new AbortController().signal);
        assert.equal(details?.['issuer'], issuer);
      }
    }),
  );
});

test('an issuers file that cannot be read is a fault of the option `ca`', () => {
  assert.deepEqual(tlsProblems({ ca: '/no/such/issuers.pem' }, ['tls']), [
    { path: ['tls', 'ca'], message: 'there is no file /no/such/issuers.pem' },
  ]);
  assert.deepEqual(tlsProblems({ ca: '/' }), [{ path: ['ca'], message: '/ is a folder: name a PEM file' }]);
});
