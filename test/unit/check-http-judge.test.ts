// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Judge } from '../../plugins/check-http/judge.js';

const answer = { status: 200, body: Buffer.alloc(0) };

function judge(...[first, last]: readonly [number, number]): Judge {
  return new Judge({ ranges: [{ first, last }], statusText: `${first}-${last}`, body: null });
}

test('what passes of all checks say is remembered once, what failures of each say for each', () => {
  const [one, other] = [judge(200, 299), judge(200, 204)];
  assert.equal(one.judge(answer, 12.3), other.judge(answer, 12.4));
  const missing = { ...answer, status: 404 };
  assert.equal(one.judge(missing, 1), one.judge(missing, 2));
  assert.equal(one.judge(missing, 1).reason, 'http 404, wanted 200-299');
  assert.equal(other.judge(missing, 1).reason, 'http 404, wanted 200-204');
});
