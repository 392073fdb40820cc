// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Progress,
  type Script,
  type ScriptStep,
  compileScript,
  startDialogue,
} from '../../plugins/dialogue/script.js';

const step: fc.Arbitrary<ScriptStep> = fc.constantFrom<ScriptStep>(
  { send: 'x' },
  { expect: 'a' },
  { expect: 'ab' },
  { expect: '^a*b' },
  { expect: '?b' },
  { expect: '*' },
  { expect_regex: 'a+b' },
  { expect_regex: '[ab]c' },
);

/** Runs a script over packets; what was sent after how many steps, and how it ended. */
function play(script: Script, packets: readonly string[]): { sent: string; state: string } {
  const dialogue = startDialogue(script);
  let progress: Progress = dialogue.start();
  let sent = progress.send.join('');
  for (const packet of packets) {
    if (progress.state !== 'running') break;
    progress = dialogue.received(Buffer.from(packet));
    sent += progress.send.join('');
  }
  return { sent, state: progress.state };
}

test('how the bytes are split into packets makes no difference', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 6 }),
      fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      (steps, letters, size) => {
        const script = compileScript(steps);
        const pieces: string[] = [];
        for (let at = 0; at < letters.length; at += size) pieces.push(letters.slice(at, at + size).join(''));
        const whole = letters.length === 0 ? [] : [letters.join('')];
        assert.deepEqual(play(script, pieces), play(script, whole));
      },
    ),
    { numRuns: 300 },
  );
});

test('an answer is used up by the expectation that it meets', () => {
  const script = compileScript([{ expect: 'OK%0A' }, { send: 'next' }, { expect: 'OK%0A' }]);
  assert.deepEqual(play(script, ['OK\n']), { sent: 'next', state: 'running' });
  assert.deepEqual(play(script, ['O', 'K\nO', 'K\n']), { sent: 'next', state: 'matched' });
});

test('an anchored glob that can no longer match says so at once, with what came', () => {
  const dialogue = startDialogue(compileScript([{ expect: '^PONG' }]));
  dialogue.start();
  const progress = dialogue.received(Buffer.from('-ERR\r\n'));
  assert.deepEqual(progress, {
    state: 'mismatch',
    send: [],
    reason: 'expected "^PONG", got "-ERR%0D%0A"',
  });
});

test('a flood without a match ends the script', () => {
  const dialogue = startDialogue(compileScript([{ expect: 'needle' }]));
  dialogue.start();
  let state = 'running';
  for (let packets = 0; packets < 70 && state === 'running'; packets++) {
    state = dialogue.received(Buffer.alloc(1024, 'h')).state;
  }
  assert.equal(state, 'flood');
});
