// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswer } from '../../plugins/check-agent/answer.js';
import agent from '../../plugins/check-agent/index.js';
import { probeOnce, said } from '../support/probe.js';
import { on, serveTcp } from '../support/servers.js';

test('the words of an agent', () => {
  const cases: readonly (readonly [string, object])[] = [
    ['up', { verdict: 'pass' }],
    ['75%', { verdict: 'pass', weight: 75, weightIs: 'percent' }],
    ['UP, 0%', { verdict: 'pass', weight: 0 }],
    ['drain', { verdict: 'pass', admin: 'drain' }],
    ['up maint 50% maxconn:30', { verdict: 'pass', admin: 'maint', weight: 50 }],
    ['ready\tup', { verdict: 'pass', reason: 'agent says ready up' }],
    ['down #disk full', { verdict: 'fail', kind: 'mismatch', reason: 'agent says down: disk full' }],
    ['up stopped', { verdict: 'fail', kind: 'mismatch' }],
    ['failed', { verdict: 'fail' }],
    ['fail', { verdict: 'fail' }],
    ['hello', { verdict: 'fail', kind: 'protocol', reason: 'agent says "hello"' }],
    ['', { verdict: 'fail', kind: 'protocol' }],
  ];
  for (const [line, expected] of cases) {
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(Reflect.get(readAnswer(line), key), value, `${line}: ${key}`);
    }
  }
  assert.ok(!('admin' in readAnswer('ready up')));
});

test('the line may dribble, and needs no end if the connection ends', async () => {
  await on(
    serveTcp((socket) => socket.write('up 4', () => setImmediate(() => socket.write('0%\r\n')))),
    async (member) => {
      assert.equal(said(await probeOnce(agent, {}, member)), 'pass: agent says up 40%');
    },
  );
  await on(
    serveTcp((socket) => socket.end('drain')),
    async (member) => {
      assert.equal(said(await probeOnce(agent, {}, member)), 'pass: agent says drain');
    },
  );
});

test('the question is sent as bytes', () =>
  on(
    serveTcp((socket) =>
      socket.once('data', (data) => socket.end(data.equals(Buffer.from('a\r\n')) ? 'up\n' : 'down\n')),
    ),
    async (member) => {
      assert.equal(said(await probeOnce(agent, { send: 'a%0D%0A' }, member)), 'pass: agent says up');
    },
  ));

test('an agent that says nothing, or never ends, fails', async () => {
  await on(
    serveTcp((socket) => socket.end()),
    async (member) => {
      assert.equal(said(await probeOnce(agent, {}, member)), 'protocol: the agent closed without a word');
    },
  );
  await on(
    serveTcp((socket) => socket.write('x'.repeat(5_000))),
    async (member) => {
      assert.match(said(await probeOnce(agent, {}, member)), /^protocol: the agent's line does not end/);
    },
  );
});
