// SPDX-License-Identifier: MIT
import tcp from '../../plugins/check-tcp/index.js';
import { testCheck } from '../../src/testing.js';
import { fixturePath } from '../support/fixture.js';
import { refusing, serveTcp, serveTls } from '../support/servers.js';

const base = { tls: false, close: false };
const script = [{ send: 'PING%0D%0A' }, { expect: '+PONG' }];

testCheck(tcp, [
  { name: 'an open port', options: base, serve: () => serveTcp(() => {}), expect: 'pass' },
  { name: 'a refused port', options: base, serve: () => refusing(), expect: 'refused' },
  {
    name: 'a dialogue',
    options: { ...base, script },
    serve: () => serveTcp((socket) => socket.on('data', () => socket.write('+PONG\r\n'))),
    expect: 'pass',
  },
  {
    name: 'a dialogue over TLS',
    options: { ...base, script, tls: { ca: fixturePath('tls/ca.pem'), verify: true, min_version: '1.2' } },
    serve: () => serveTls((socket) => socket.on('data', () => socket.write('+PONG\r\n'))),
    expect: 'pass',
  },
  {
    name: 'a wrong answer',
    options: { ...base, script: [{ send: 'PING%0D%0A' }, { expect: '^+PONG' }] },
    serve: () => serveTcp((socket) => socket.on('data', () => socket.write('-ERR\r\n'))),
    expect: 'mismatch',
  },
  { name: 'silence', options: { ...base, script }, serve: () => serveTcp(() => {}), expect: 'hangs' },
]);
