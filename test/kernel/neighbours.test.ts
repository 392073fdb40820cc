// SPDX-License-Identifier: MIT
/** Neighbours that don't answer on their link, and come back. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { watchNeighbours, type Neighbour } from '../../src/kernel/index.js';
import { systemClock } from '../../src/runtime/clock.js';
import { succeed } from '../support/execute.js';
import { enterNamespace, labTest, until } from './lab.js';

await enterNamespace(import.meta.url);

labTest(
  'a host that falls silent fails, and comes back',
  { hosts: ['a', 'b'], needs: ['koffi'] },
  async (lab) => {
    const [a, b] = [lab.host('a'), lab.host('b')];
    const device = Number.parseInt(await succeed('ip', ['-oneline', 'link', 'show', 'dev', 'a']), 10);
    // The kernel asks three times, a second apart; here it hurries.
    for (const family of ['ipv4', 'ipv6'])
      writeFileSync(`/proc/sys/net/${family}/neigh/a/retrans_time_ms`, '50');
    const hold = async (verb: 'add' | 'delete'): Promise<void> => {
      const lines = [
        `${a.address}/24 dev eth0`,
        `${a.address6}/64 dev eth0 ${verb === 'add' ? 'nodad' : ''}`,
      ];
      const input = lines.map((line) => `address ${verb} ${line}\n`).join('');
      await succeed('ip', ['-n', 'a', '-batch', '-'], { input });
    };
    /** Sends something to the address; the answer is the error's code. */
    const touch = async (address: string): Promise<unknown> => {
      const [error] = await once(connect(9, address), 'error');
      return error.code;
    };

    const heard: Neighbour[] = [];
    using _ = watchNeighbours({ clock: systemClock, everyMs: 10 }, (changes, lost) => {
      assert.ok(!lost);
      heard.push(...changes);
    });
    const states = (address: string): readonly string[] =>
      heard.filter((neighbour) => neighbour.address === address).map(({ state }) => state);

    await hold('delete');
    for (const address of [a.address, a.address6]) {
      assert.equal(await touch(address), 'EHOSTUNREACH');
      await until(() => states(address).length > 0, { what: `news of ${address}` });
    }
    await hold('add');
    for (const address of [a.address, a.address6, b.address]) {
      assert.equal(await touch(address), 'ECONNREFUSED');
    }
    for (const address of [a.address, a.address6]) {
      await until(() => states(address).includes('reachable'), { what: `good news of ${address}` });
      assert.equal(states(address)[0], 'failed');
    }
    assert.ok(heard.every((neighbour) => neighbour.device === device));
    assert.deepEqual(states(b.address), [], 'it never failed');
  },
);
