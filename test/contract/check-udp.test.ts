// SPDX-License-Identifier: MIT
import udp from '../../plugins/check-udp/index.js';
import { testCheck } from '../../src/testing.js';
import { refusing, serveUdp } from '../support/servers.js';

const options = { send: 'ping', expect: 'pong*', closed: false };

testCheck(udp, [
  { name: 'an answer', options, serve: () => serveUdp(() => 'pong 1'), expect: 'pass' },
  { name: 'a refused port', options, serve: () => refusing('udp'), expect: 'refused' },
  {
    name: 'a refused port, as wanted',
    options: { send: '', closed: true },
    serve: () => refusing('udp'),
    expect: 'pass',
  },
  { name: 'silence', options, serve: () => serveUdp(() => null), expect: 'hangs' },
]);
