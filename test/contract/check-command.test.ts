// SPDX-License-Identifier: MIT
import command from '../../plugins/check-command/index.js';
import { type ServedMember, testCheck } from '../../src/testing.js';

const options = { persistent: false, weight: false };
/** Commands need no member. */
const serve = (): ServedMember => ({ address: '127.0.0.1', port: 9, close() {} });
const echoing = 'while read address port; do echo "pass $address $port"; done';

testCheck(command, [
  { name: 'exit 0', options: { ...options, command: ['true'] }, serve, expect: 'pass' },
  { name: 'exit 1', options: { ...options, command: ['false'] }, serve, expect: 'exit-status' },
  {
    name: 'no such program',
    options: { ...options, command: ['no-such-program'] },
    serve,
    expect: 'inconclusive',
  },
  { name: 'one that sleeps', options: { ...options, command: ['sleep', '60'] }, serve, expect: 'hangs' },
  {
    name: 'a co-process',
    options: { ...options, persistent: true, command: ['sh', '-c', echoing] },
    serve,
    expect: 'pass',
  },
  {
    name: 'a co-process with many questions open',
    options: {
      ...options,
      persistent: true,
      concurrency: 50,
      command: ['sh', '-c', 'while read id address port; do echo "$id pass $port"; done'],
    },
    serve,
    expect: 'pass',
  },
  {
    name: 'a co-process that is silent',
    options: { ...options, persistent: true, command: ['sleep', '60'] },
    serve,
    expect: 'hangs',
  },
]);
