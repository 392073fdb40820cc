// SPDX-License-Identifier: MIT
/** Tells of a few probes by the sweep what they said, and whether undici was loaded after each: a process of its own. */
import { createRequire } from 'node:module';
import http from '../../plugins/check-http/index.js';
import { httpOptions } from './check-options.js';
import { probeOnce, said } from './probe.js';
import { refusing, serveHttp, serveTcp } from './servers.js';
import { swept } from './swept.js';

const require = createRequire(import.meta.url);
const members = [
  serveHttp((_request, response) => response.end('well')),
  refusing(),
  serveTcp((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n'))),
];
const results: [string, boolean][] = [];
for (const served of members) {
  const member = await served;
  const outcome = said(await probeOnce(swept(http), httpOptions(), member));
  await member.close();
  results.push([outcome.replace(/ in .*/, ''), require.resolve('undici') in require.cache]);
}
process.stdout.write(JSON.stringify(results));
