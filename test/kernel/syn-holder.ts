// SPDX-License-Identifier: MIT
/** A process that holds what SYN probes need until it is killed: says `ready`, or why it can't. */
import tcp from '../../plugins/check-tcp/index.js';
import { testContext } from '../../src/testing.js';
import { tcpOptions } from '../support/check-options.js';
import { said, targetAt } from '../support/probe.js';
import { startSweep } from '../support/running-sweep.js';

try {
  const sweep = startSweep(await tcp.create(testContext(), tcpOptions({ probe: 'syn' })));
  const [outcome] = await sweep([targetAt({ address: '127.0.0.1', port: 1 })]);
  process.stdout.write(`ready, ${said(outcome!)}\n`);
  setInterval(() => {}, 1_000);
} catch (error) {
  process.stdout.write(`${String(error)}\n`);
}
