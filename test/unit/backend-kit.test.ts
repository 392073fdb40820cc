// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const FIXTURE = fileURLToPath(new URL('../fixtures/bad-backends.js', import.meta.url));

/** Names of the kit's tests that failed. */
async function failuresOf(fault: string): Promise<string[]> {
  // Not as a part of this run: the child's failures are what is wanted.
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env;
  const child = spawn(process.execPath, ['--test-reporter=tap', FIXTURE, fault], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number];
  const failed = [...text.matchAll(/^\s*not ok \d+ - (.*)$/gm)].map((match) => match[1]!);
  assert.equal(code, failed.length === 0 ? 0 : 1);
  return failed;
}

describe('the contract kit for backends', () => {
  const cases: readonly (readonly [fault: string, failing: string])[] = [
    ['says applied, does nothing', 'follows members that come, go and change their share'],
    ['says nothing of what it did', 'follows members that come, go and change their share'],
    ['reads back other slots', 'holds scheduler round-robin whole'],
    ['leaves things behind', 'is withdrawn whatever it holds'],
    ['renders by applying', 'renders the same change the same way, and touches nothing'],
    ['ignores what it cannot do', 'refuses limits and holds the rest'],
    ['never notices', 'tells of interference, and repairs it'],
    ['wipes what others made', 'leaves foreign state alone'],
  ];

  it('passes a sound backend', async () => {
    assert.deepEqual(await failuresOf('none'), []);
  });

  for (const [fault, failing] of cases) {
    it(`finds a backend that ${fault}`, async () => {
      const failed = await failuresOf(fault);
      assert.ok(failed.includes(failing), failed.join('\n'));
    });
  }
});
