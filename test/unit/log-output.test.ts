// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogOutput } from '../../src/log-output.js';

function output(answers: readonly (number | string)[]) {
  const written: string[] = [];
  const recovered: (readonly [number, string])[] = [];
  let call = 0;
  const log = new LogOutput({
    descriptor: 1,
    recovered: (lines, why) => recovered.push([lines, why]),
    write: (_, bytes) => {
      const answer = answers[call] ?? bytes.length;
      call += 1;
      if (typeof answer === 'string') throw Object.assign(new Error(answer), { code: answer });
      written.push(Buffer.from(bytes.subarray(0, answer)).toString());
      return answer;
    },
  });
  return { log, written, recovered };
}

test('a line that the system takes in parts is written whole', () => {
  const { log, written } = output([2, 'EAGAIN', 'EAGAIN', 1]);
  log.write('hello\n');
  assert.equal(written.join(''), 'hello\n');
});

for (const code of ['ENOSPC', 'EPIPE', 'EIO']) {
  test(`${code} costs lines, throws nothing, and is told when it is over`, () => {
    const { log, written, recovered } = output([code, code]);
    log.write('one\n');
    log.write('two\n');
    assert.deepEqual(recovered, []);
    log.write('three\n');
    assert.deepEqual(recovered, [[2, code]]);
    assert.equal(written.join(''), 'three\n');
  });
}

test('a reader that sleeps is not waited for without end', () => {
  const { log, written } = output(Array.from({ length: 1_000 }, () => 'EAGAIN'));
  log.write('lost\n');
  assert.deepEqual(written, []);
});
