// SPDX-License-Identifier: MIT
import agent from '../../plugins/check-agent/index.js';
import { testCheck } from '../../src/testing.js';
import { refusing, serveTcp } from '../support/servers.js';

testCheck(agent, [
  { name: 'up', options: {}, serve: () => serveTcp((socket) => socket.end('up 75%\n')), expect: 'pass' },
  { name: 'a refused port', options: {}, serve: () => refusing(), expect: 'refused' },
  { name: 'down', options: {}, serve: () => serveTcp((socket) => socket.end('down\n')), expect: 'mismatch' },
  { name: 'silence', options: {}, serve: () => serveTcp(() => {}), expect: 'hangs' },
]);
