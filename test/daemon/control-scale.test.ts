// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { ClusterStatus, ServiceStatus } from '../../src/status.js';
import { openOn } from './control-kit.js';
import { endpoint, FakeDaemon } from './fake-daemon.js';

const SERVICES = 10_000;
/** The bound on any block of the loop. */
const LONGEST_BLOCK_MS = 50;

class BigDaemon extends FakeDaemon {
  override *clusters(): Iterable<Omit<ClusterStatus, 'services'> & { services: Iterable<ServiceStatus> }> {
    yield { name: 'big', members: [], services: manyServices() };
  }
}

function* manyServices(): Iterable<ServiceStatus> {
  for (let number = 0; number < SERVICES; number++) {
    yield {
      name: `s${number}`,
      state: 'up',
      backend: 'nftables',
      listen: [`192.0.2.10:${number}/tcp`],
      fwmark: null,
      scheduler: 'round-robin',
      endpoints: ['a', 'b', 'c', 'd'].map((member) => endpoint(`big/s${number}/${member}`)),
    };
  }
}

/** The reader is a process of its own: its parsing must not count as a block of the server's loop. */
const READER = `
const { request } = require('node:http');
request({ socketPath: process.argv[1], path: '/v1/status' }, (response) => {
  const chunks = [];
  response.on('data', (chunk) => chunks.push(chunk));
  response.on('end', () => {
    const { services } = JSON.parse(Buffer.concat(chunks).toString('utf8')).clusters[0];
    console.log(JSON.stringify([services.length, services.at(-1).endpoints.length]));
  });
}).end();
`;

test('a status of ten thousand services never holds the event loop', async (t) => {
  const { socket } = await openOn(t, new BigDaemon());
  // CPU time of this process from turn to turn, not wall time: what else the machine does is not our block.
  let longestMicros = 0;
  let before = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    longestMicros = Math.max(longestMicros, user + system);
    before = process.cpuUsage();
  }, 1);
  t.after(() => clearInterval(timer));
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', READER, socket]);
  assert.deepEqual(JSON.parse(stdout), [SERVICES, 4]);
  assert.ok(longestMicros < LONGEST_BLOCK_MS * 1000, `the loop was held for ${longestMicros / 1000} ms`);
});
