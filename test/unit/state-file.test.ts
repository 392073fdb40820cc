// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readState, writeState } from '../../src/runtime/state-file.js';

async function folder(run: (path: string) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-state-'));
  try {
    await run(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

const health = (state: 'up' | 'down' | 'unknown') => ({
  state,
  since: 5,
  streak: 1,
  reason: 'tcp: "quoted"\n',
  restored: false,
});

test('what is written is read back, but for what nobody knew', async () => {
  await folder(async (path) => {
    const file = join(path, 'state.jsonl');
    const all = new Map([
      ['a', health('up')],
      ['b', health('down')],
      ['c', health('unknown')],
    ] as const);
    await writeState(file, { savedAt: 7, health: all, backends: { nftables: { table: 'sluice' } } });
    const read = await readState(file);
    assert.equal(read?.savedAt, 7);
    assert.deepEqual(read.backends, { nftables: { table: 'sluice' } });
    assert.deepEqual(
      [...read.health].map(([key, { state, restored }]) => [key, state, restored]),
      [
        ['a', 'up', true],
        ['b', 'down', true],
      ],
    );
    assert.deepEqual(await readdir(path), ['state.jsonl']);
  });
});

test('no file is no state; a damaged one is refused whole', async () => {
  await folder(async (path) => {
    const file = join(path, 'state.jsonl');
    assert.equal(await readState(file), null);
    for (const damaged of [
      '',
      '{}',
      '{"version":1,"saved_at":1}\n["a","sideways",1,""]\n',
      '{"version":1,"saved_at":1}\n["a","u',
    ]) {
      await writeFile(file, damaged);
      await assert.rejects(readState(file), damaged);
    }
  });
});

test('a write that fails leaves the old file and no litter', async () => {
  await folder(async (path) => {
    const file = join(path, 'state.jsonl');
    await writeState(file, { savedAt: 1, health: new Map([['a', health('up')]]), backends: {} });
    const broken = new Map([['a', { ...health('up'), since: 1n as unknown as number }]]);
    await assert.rejects(writeState(file, { savedAt: 2, health: broken, backends: {} }));
    assert.equal((await readState(file))?.savedAt, 1);
    assert.deepEqual(await readdir(path), ['state.jsonl']);
  });
});
