// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Health } from '../../src/health/machine.js';
import { Keeper, readDirectory } from '../../src/runtime/keeper.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { tempDirectory } from '../support/temp-directory.js';

const health = (state: Health['state']): Health => ({
  state,
  since: 5,
  streak: 1,
  reason: 'because',
  restored: false,
});

/** A keeper of a hundred probes, all up and saved. */
async function bench(directory: string) {
  const clock = new FakeClock();
  const all = new Map(Array.from({ length: 100 }, (_, nth) => [`probe ${nth}`, health('up')]));
  let wholes = 0;
  const keeper = new Keeper({
    clock,
    directory,
    maxAgeMs: 600_000,
    state: () => {
      wholes += 1;
      return { health: new Map(all), backends: { fake: {} } };
    },
    health: (probe) => all.get(probe),
    overrides: () => [],
    onTrouble: (sentence) => assert.fail(sentence ?? ''),
  });
  await keeper.save();
  const change = async (probes: readonly string[], state: Health['state']): Promise<void> => {
    for (const probe of probes) {
      all.set(probe, health(state));
      keeper.touch(probe);
    }
    await clock.advance(1_000);
    while (!content().includes(`"saved_at":${clock.now()}`)) await new Promise(setImmediate);
  };
  const content = (): string =>
    readdirSync(directory)
      .map((name) => readFileSync(join(directory, name), 'utf8'))
      .join('\n');
  const read = async () => (await readDirectory(directory, 600_000, clock.now())).state!;
  const down = async (): Promise<string[]> =>
    [...(await read()).health].filter(([, { state }]) => state === 'down').map(([key]) => key);
  return { clock, keeper, change, read, down, wholes: () => wholes };
}

test('a change is appended, and read back with the time of its saving', async () => {
  using folder = tempDirectory();
  const { clock, change, read, down, wholes } = await bench(folder.path);
  const whole = readFileSync(join(folder.path, 'state.jsonl'), 'utf8');
  await change(['probe 7'], 'down');
  await change(['probe 8'], 'down');
  await change(['probe 7'], 'up');
  await change(['probe 9'], 'unknown');
  assert.equal(readFileSync(join(folder.path, 'state.jsonl'), 'utf8'), whole);
  assert.equal(wholes(), 1);
  assert.deepEqual(await down(), ['probe 8']);
  const { savedAt, health: known, backends } = await read();
  assert.equal(savedAt, clock.now());
  assert.equal(known.size, 99);
  assert.deepEqual(backends, { fake: {} });
});

test('when much has changed all is written, and what was appended forgotten', async () => {
  using folder = tempDirectory();
  const { change, down, wholes } = await bench(folder.path);
  await change(['probe 1'], 'down');
  await change(
    Array.from({ length: 20 }, (_, nth) => `probe ${nth}`),
    'down',
  );
  while (readdirSync(folder.path).length > 1) await new Promise(setImmediate);
  assert.equal(wholes(), 2);
  assert.equal((await down()).length, 20);
  assert.deepEqual(readdirSync(folder.path), ['state.jsonl']);
});

test('changes appended to another writing of the state count for nothing', async () => {
  using folder = tempDirectory();
  const { clock, keeper, change, down } = await bench(folder.path);
  await change(['probe 7'], 'down');
  const log = join(folder.path, 'state-changes.jsonl');
  const text = readFileSync(log);
  await clock.advance(1);
  await keeper.save();
  // As though a crash had come between the writing and the forgetting.
  writeFileSync(log, String(text).replaceAll('"down"', '"up"'));
  assert.deepEqual(await down(), ['probe 7']);
});

test('a line that a crash cut short is left out, those before it are not', async () => {
  using folder = tempDirectory();
  const { change, down } = await bench(folder.path);
  await change(['probe 7'], 'down');
  appendFileSync(join(folder.path, 'state-changes.jsonl'), '["probe 8","do');
  assert.deepEqual(await down(), ['probe 7']);
});
