// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dial } from '../../plugins/backend-proxy/dial.js';
import { systemClock } from '../../src/runtime/clock.js';
import { greeter, freePort } from '../support/loopback.js';
import { never } from '../support/proxy.js';

const SOON_MS = 60_000;
const server = { weight: 1, state: 'active', endpoint: 'test/a/b' } as const;

describe('dialling a member', () => {
  it('gives up on one that does not answer in time', async (t) => {
    const member = await greeter(t, 'late');
    const asked: number[] = [];
    // Time is up before the network had a turn.
    const clock = {
      ...systemClock,
      after(delayMs: number, callback: () => void) {
        asked.push(delayMs);
        queueMicrotask(callback);
        return { [Symbol.dispose]: () => undefined };
      },
    };
    await assert.rejects(dial({ ...server, ...member }, { timeoutMs: 1_234, clock, signal: never }), {
      code: 'ETIMEDOUT',
      message: `connect ETIMEDOUT ${member.address}:${member.port} after 1234 ms`,
    });
    assert.deepEqual(asked, [1_234]);
  });

  it('stops when the client is gone', async (t) => {
    const member = await greeter(t, 'nobody cares');
    const options = { timeoutMs: SOON_MS, clock: systemClock };
    await assert.rejects(
      dial({ ...server, ...member }, { ...options, signal: AbortSignal.abort() }),
      /the client is gone/,
    );
    const gone = new AbortController();
    const dialling = dial({ ...server, ...member }, { ...options, signal: gone.signal });
    gone.abort();
    await assert.rejects(dialling, /the client is gone/);
  });

  it('tells how a member refuses', async () => {
    const member = { address: '127.0.0.1', port: await freePort() };
    const options = { timeoutMs: SOON_MS, clock: systemClock, signal: never };
    await assert.rejects(dial({ ...server, ...member }, options), { code: 'ECONNREFUSED' });
  });
});
