// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keeper, readDirectory, stateTrouble } from '../../src/runtime/keeper.js';
import type { Override } from '../../src/runtime/admin.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { tempDirectory } from '../support/temp-directory.js';

test('a state that may hardly age is not written without pause', async () => {
  using folder = tempDirectory();
  const clock = new FakeClock();
  let written = 0;
  const keeper = new Keeper({
    clock,
    directory: folder.path,
    maxAgeMs: 0,
    state: () => {
      written += 1;
      return { health: new Map(), backends: {} };
    },
    health: () => undefined,
    overrides: () => [],
    onTrouble: (sentence) => assert.fail(sentence ?? ''),
  });
  await keeper.save();
  await clock.advance(500);
  await keeper.close();
  assert.equal(written, 2);
});

test('what keeps the state from being written is one sentence that says what to do', () => {
  const say = (code: string): string =>
    stateTrouble('/var/lib/x', Object.assign(new Error(code), { code })).message;
  assert.match(
    say('ENOSPC'),
    /\/var\/lib\/x: the disk is full: free some space; a restart will have to probe afresh$/,
  );
  for (const code of ['EACCES', 'EPERM', 'EROFS'])
    assert.match(say(code), /make it writable for this user, or set state\.directory/);
});

test('a word that comes while others are being written is written, too', async () => {
  using folder = tempDirectory();
  const word = (target: string): Override => ({ target, admin: 'drain', since: 0, until: null });
  const words = [word('shop/a')];
  const later: Promise<boolean>[] = [];
  const keeper: Keeper = new Keeper({
    clock: new FakeClock(),
    directory: folder.path,
    maxAgeMs: 600_000,
    state: () => ({ health: new Map(), backends: {} }),
    health: () => undefined,
    overrides: () => {
      const now = [...words];
      if (later.length === 0) {
        words.push(word('shop/b'));
        later.push(keeper.saveOverrides());
      }
      return now;
    },
    onTrouble: (sentence) => assert.fail(sentence ?? ''),
  });
  assert.deepEqual([await keeper.saveOverrides(), ...(await Promise.all(later))], [true, true]);
  const { overrides } = await readDirectory(folder.path, 600_000, 0);
  assert.deepEqual(
    overrides.map(({ target }) => target),
    ['shop/a', 'shop/b'],
  );
});
