// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Journal } from '../../src/runtime/journal.js';

const event = (subject: string) => ({ kind: 'health', subject, message: 'x' }) as const;

test('ids are ordered, and reading goes on after the last one seen', () => {
  const journal = new Journal(() => 1_000);
  for (const subject of ['a', 'b', 'c']) journal.add(event(subject));
  const [first, second] = journal.since(null);
  assert.equal(second!.id, first!.id.replace(/-1$/, '-2'));
  assert.deepEqual(
    journal.since(second!.id).map(({ subject }) => subject),
    ['c'],
  );
  assert.deepEqual(journal.since(journal.since(null).at(-1)!.id), []);
});

test('an id of another run of the daemon gives all that is remembered', () => {
  const journal = new Journal(() => 1_000);
  journal.add(event('a'));
  assert.equal(journal.since('elsewhere-7').length, 1);
});

test('old events are forgotten, and ids stay right', () => {
  const journal = new Journal(() => 1_000, 10);
  for (let i = 1; i <= 25; i += 1) journal.add(event(`e${i}`));
  const kept = journal.since(null);
  assert.ok(kept.length >= 10 && kept.length <= 20, `${kept.length} kept`);
  assert.equal(kept.at(-1)!.subject, 'e25');
  assert.deepEqual(
    journal.since(kept.at(-3)!.id).map(({ subject }) => subject),
    ['e24', 'e25'],
  );
});

test('subscribers hear events until they leave', () => {
  const journal = new Journal(() => 1_000);
  const heard: string[] = [];
  const subscription = journal.subscribe(({ subject }) => heard.push(subject));
  journal.add(event('a'));
  subscription[Symbol.dispose]();
  journal.add(event('b'));
  assert.deepEqual(heard, ['a']);
});
