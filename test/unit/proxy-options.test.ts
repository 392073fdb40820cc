// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { it } from 'node:test';
import plugin from '../../plugins/backend-proxy/index.js';
import { readOptions } from '../../plugins/backend-proxy/options.js';

const given = {
  connect_timeout: '3s',
  connect_retries: 2,
  max_connections: 10,
  udp_idle: '1m',
  max_flows: 20,
};

it('reads durations as milliseconds', () => {
  assert.deepEqual(readOptions(given), {
    connectTimeoutMs: 3_000,
    connectRetries: 2,
    maxConnections: 10,
    udpIdleMs: 60_000,
    maxFlows: 20,
  });
});

it('refuses time-outs of nothing', () => {
  assert.deepEqual(plugin.validate?.(given), []);
  assert.deepEqual(
    plugin.validate?.({ ...given, udp_idle: '0ms', connect_timeout: '0.0s' }).map(({ path }) => path),
    [['connect_timeout'], ['udp_idle']],
  );
});
