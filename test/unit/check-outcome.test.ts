// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { outcomeOfError } from '../../plugins/outcome.js';
import { SystemError } from '../../src/kernel/index.js';

const { EADDRNOTAVAIL, ECONNREFUSED, EMFILE } = constants.errno;

test('a want of this host is told by its code, so that the core knows that it is in need', () => {
  assert.deepEqual(outcomeOfError(new SystemError('socket', EMFILE), { dialogue: [] }), {
    verdict: 'inconclusive',
    reason: 'sluice has too many open files: raise LimitNOFILE (EMFILE)',
    details: { dialogue: [], code: 'EMFILE' },
  });
  const noPort = outcomeOfError(new SystemError('connect', EADDRNOTAVAIL));
  assert.equal(noPort.details?.['code'], 'EADDRNOTAVAIL');
});

test('a source that is not here is no want of ports', () => {
  const outcome = outcomeOfError(new SystemError('bind', EADDRNOTAVAIL));
  assert.equal(outcome.verdict, 'inconclusive');
  assert.equal(outcome.details, undefined);
});

test('what the member did bears no code', () => {
  assert.equal(outcomeOfError(new SystemError('connect', ECONNREFUSED)).details, undefined);
});
