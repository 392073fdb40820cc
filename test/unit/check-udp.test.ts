// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import udp from '../../plugins/check-udp/index.js';
import { probeOnce, said } from '../support/probe.js';
import { on, refusing, serveUdp } from '../support/servers.js';

const base = { send: '', closed: false };

test('a refusal by ICMP is heard at once', async () => {
  const member = await refusing('udp');
  for (const options of [base, { ...base, expect: '*' }]) {
    const startMs = performance.now();
    const outcome = await probeOnce(udp, options, member, { target: { timeoutMs: 1_000 } });
    assert.equal(said(outcome), 'refused: port unreachable (ICMP)');
    assert.ok(performance.now() - startMs < 500);
  }
});

test('without expect, silence until the time-out passes, and so does any answer', async () => {
  await on(
    serveUdp(() => null),
    async (member) => {
      const outcome = await probeOnce(udp, base, member, { target: { timeoutMs: 200 } });
      assert.equal(said(outcome), 'pass: no ICMP error');
    },
  );
  await on(
    serveUdp(() => 'hi'),
    async (member) => {
      assert.match(said(await probeOnce(udp, base, member)), /^pass: answered in/);
    },
  );
});

test('bytes go out and come back as written; an empty answer is one', async () => {
  const query = { ...base, send: '%12%34%00%%', expect: '^%12%34%80' };
  await on(
    serveUdp((datagram) =>
      datagram.equals(Buffer.from([0x12, 0x34, 0, 0x25])) ? Buffer.from([0x12, 0x34, 0x80]) : null,
    ),
    async (member) => {
      assert.match(said(await probeOnce(udp, query, member)), /^pass/);
    },
  );
  await on(
    serveUdp(() => ''),
    async (member) => {
      assert.match(said(await probeOnce(udp, { ...base, expect: '*' }, member)), /^pass/);
    },
  );
});

test('a wrong answer is shown, silence is a time-out', async () => {
  const options = { ...base, expect: 'pong' };
  const target = { timeoutMs: 200 };
  await on(
    serveUdp(() => 'ping?'),
    async (member) => {
      const outcome = await probeOnce(udp, options, member, { target });
      assert.equal(said(outcome), 'mismatch: expected "pong", got "ping?"');
    },
  );
  await on(
    serveUdp(() => null),
    async (member) => {
      const outcome = await probeOnce(udp, options, member, { target });
      assert.equal(said(outcome), 'timeout: timed out: expected "pong", got nothing');
    },
  );
});

test('closed turns the check round', async () => {
  const options = { ...base, closed: true };
  assert.match(
    said(await probeOnce(udp, options, await refusing('udp'))),
    /^pass: refused in .*, as wanted$/,
  );
  await on(
    serveUdp(() => null),
    async (member) => {
      const outcome = await probeOnce(udp, options, member, { target: { timeoutMs: 200 } });
      assert.equal(said(outcome), 'mismatch: the port does not refuse');
    },
  );
  assert.equal(udp.validate?.({ ...options, expect: '*' }).length, 1);
});

test('the source of a probe is honoured, an address or an interface', () =>
  on(
    serveUdp(() => 'pong'),
    async (member) => {
      const options = { ...base, expect: 'pong' };
      for (const source of ['127.0.0.9', 'lo']) {
        const outcome = await probeOnce(udp, options, member, { target: { source } });
        assert.match(said(outcome), source === 'lo' ? /^pass|koffi|CAP_NET_ADMIN/ : /^pass/);
      }
      const foreign = await probeOnce(udp, options, member, { target: { source: '192.0.2.9' } });
      assert.match(said(foreign), /^inconclusive: the source address is not on this host/);
      const marked = await probeOnce(udp, options, member, { target: { fwmark: 9 } });
      assert.match(said(marked), /^pass|^inconclusive: .*(CAP_NET_ADMIN|koffi)/);
    },
  ));

test('IPv6', async (t) => {
  const serving = serveUdp(() => 'pong', '::1');
  try {
    await serving;
  } catch {
    t.skip('no IPv6 on this host');
    return;
  }
  await on(serving, async (member) => {
    assert.match(said(await probeOnce(udp, { ...base, expect: 'pong' }, member)), /^pass/);
  });
});
