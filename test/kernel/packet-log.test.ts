// SPDX-License-Identifier: MIT
/** What the packet log tells of real packets. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { SluiceError } from '../../src/errors.js';
import {
  IPPROTO_TCP,
  IPPROTO_UDP,
  TCP_ACK,
  TCP_RST,
  watchPacketLog,
  type PacketBatch,
  type PacketSignal,
} from '../../src/kernel/index.js';
import { succeed } from '../support/execute.js';
import { enterNamespace, labTest, until } from './lab.js';

await enterNamespace(import.meta.url);

const GROUP = 4711;

/** Logs resets that answer a SYN, ICMP errors of the members, and SYNs on their way to one. */
const RULES = `
table inet passive {
  chain early {
    type filter hook prerouting priority -150;
    tcp flags & (rst | ack) == (rst | ack) ct direction reply ct status & (dying | assured) == dying log prefix "refused" group ${GROUP} snaplen 128 queue-threshold 1
    icmp type destination-unreachable log prefix "unreachable" group ${GROUP} queue-threshold 1
    icmpv6 type destination-unreachable log prefix "unreachable" group ${GROUP} queue-threshold 1
  }
  chain late {
    type filter hook forward priority 10;
    tcp flags syn ct state new ct status confirmed log prefix "unanswered" group ${GROUP} queue-threshold 1
  }
  chain balance {
    type nat hook prerouting priority dstnat;
    ip daddr 192.0.2.10 tcp dport 80 dnat ip to 10.9.2.2:8080
    ip daddr 192.0.2.10 udp dport 53 dnat ip to 10.9.2.2:5353
    ip6 daddr 2001:db8::10 tcp dport 80 dnat ip6 to [fd00:9:0:2::2]:8080
    ip6 daddr 2001:db8::10 udp dport 53 dnat ip6 to [fd00:9:0:2::2]:5353
  }
}
`;

class Heard {
  readonly batches: PacketBatch[] = [];
  readonly add = (batch: PacketBatch): void => void this.batches.push(batch);

  get signals(): readonly PacketSignal[] {
    return this.batches.flatMap(({ signals }) => signals);
  }

  /** The signals of one rule, once they count `count` packets. */
  async of(prefix: string, address: string, count: number): Promise<readonly PacketSignal[]> {
    return until(
      () => {
        const signals = this.signals.filter(
          (signal) => signal.prefix === prefix && signal.address === address,
        );
        const total = signals.reduce((sum, signal) => sum + signal.count, 0);
        assert.ok(total <= count, `${total} packets`);
        return total === count && signals;
      },
      { what: `${count} packets of ${prefix} about ${address}` },
    );
  }
}

async function deviceIndex(name: string): Promise<number> {
  return Number.parseInt(await succeed('ip', ['-oneline', 'link', 'show', 'dev', name]), 10);
}

labTest(
  'refused connections tell which member refused',
  { hosts: ['client', 'a'], needs: ['koffi'] },
  async (lab) => {
    await lab.nft(['-f', '-'], RULES);
    const heard = new Heard();
    await using _ = watchPacketLog({ group: GROUP }, heard.add);
    const a = lab.host('a');
    await a.serve({ kind: 'tcp', port: 9090 });
    const beforeMs = Date.now();
    for (const address of [lab.vip, lab.vip6]) {
      const { failures } = await lab.client.ask({ address, port: 80, count: 20 });
      assert.deepEqual(failures, { ECONNREFUSED: 20 });
    }
    for (const [address, source] of [
      [a.address, lab.client.address],
      [a.address6, lab.client.address6],
    ] as const) {
      const [first] = await heard.of('refused', address, 20);
      const { kind, port, protocol } = first!;
      assert.deepEqual([kind, port, protocol], ['reset', 8080, IPPROTO_TCP]);
      const { atMs, hook, inDevice, outDevice, packet } = first!.first;
      assert.ok(atMs !== null && atMs >= beforeMs - 1 && atMs <= Date.now() + 1, `stamped ${atMs}`);
      assert.deepEqual([hook, inDevice, outDevice], [0, await deviceIndex('a'), 0]);
      assert.equal(packet.destination, source);
      assert.equal(packet.tcpFlags! & (TCP_RST | TCP_ACK), TCP_RST | TCP_ACK);
    }
    assert.ok(heard.batches.every(({ lost, others }) => !lost && others === 0));
  },
);

labTest(
  'ICMP errors tell which member has no such port',
  { hosts: ['client', 'a'], needs: ['koffi'] },
  async (lab) => {
    await lab.nft(['-f', '-'], RULES);
    const heard = new Heard();
    await using _ = watchPacketLog({ group: GROUP }, heard.add);
    const a = lab.host('a');
    for (const [address, member] of [
      [lab.vip, a.address],
      [lab.vip6, a.address6],
    ] as const) {
      await lab.client.ask({ address, port: 53, protocol: 'udp', count: 1, timeoutMs: 500 });
      const [signal] = await heard.of('unreachable', member, 1);
      assert.deepEqual([signal!.kind, signal!.port, signal!.protocol], ['port', 5353, IPPROTO_UDP]);
      assert.equal(signal!.first.packet.source, member);
    }
  },
);

labTest(
  'a SYN sent again tells which member is silent',
  { hosts: ['client', 'a'], needs: ['koffi'] },
  async (lab) => {
    await lab.nft(['-f', '-'], RULES);
    const heard = new Heard();
    await using _ = watchPacketLog({ group: GROUP }, heard.add);
    const a = lab.host('a');
    const deaf = `table inet deaf {
    chain arriving { type filter hook input priority 0; tcp dport 8080 drop; }
  }`;
    assert.equal((await a.run('nft', ['-f', '-'], { input: deaf })).status, 0);
    const { failures } = await lab.client.ask({ address: lab.vip, port: 80, count: 1, timeoutMs: 1_500 });
    assert.deepEqual(failures, { timeout: 1 });
    const [signal] = await heard.of('unanswered', a.address, 1);
    assert.deepEqual([signal!.kind, signal!.port, signal!.protocol], ['syn', 8080, IPPROTO_TCP]);
    assert.deepEqual([signal!.first.hook, signal!.first.outDevice], [2, await deviceIndex('a')]);
  },
);

/** Refused connections on loopback are the quickest source of packets. */
const REFUSALS = `table inet passive {
  chain out { type filter hook output priority 0; oifname lo tcp flags & rst == rst log group ${GROUP} queue-threshold 1; }
}`;

async function refuse(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await assert.rejects(once(connect(9, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
  }
}

labTest(
  'a watch ends when told to, and its group is free at once',
  { hosts: [], needs: ['koffi'] },
  async (lab) => {
    await lab.nft(['-f', '-'], REFUSALS);
    const abort = new AbortController();
    for (const end of ['dispose', 'abort', 'dispose'] as const) {
      const heard = new Heard();
      const log = watchPacketLog({ group: GROUP, signal: abort.signal }, heard.add);
      await refuse(1);
      await heard.of('', '127.0.0.1', 1);
      if (end === 'abort') abort.abort();
      else await log[Symbol.asyncDispose]();
      assert.equal(await log.ended, null);
      await log[Symbol.asyncDispose]();
      if (end === 'abort') break;
    }
    assert.throws(() => watchPacketLog({ group: GROUP, signal: abort.signal }, () => {}), {
      name: 'AbortError',
    });
    assert.throws(() => watchPacketLog({ group: 65_536 }, () => {}), RangeError);
  },
);

labTest('a group with a reader is refused in plain words', { hosts: [], needs: ['koffi'] }, async () => {
  await using _ = watchPacketLog({ group: GROUP }, () => {});
  assert.throws(
    () => watchPacketLog({ group: GROUP }, () => {}),
    (error) =>
      error instanceof SluiceError &&
      error.code === 'SLUICE_KERNEL' &&
      error.message.includes(`another program reads NFLOG group ${GROUP}`),
  );
  await using _other = watchPacketLog({ group: GROUP + 1 }, () => {});
});

labTest(
  'a listener that throws ends the watch with its error',
  { hosts: [], needs: ['koffi'] },
  async (lab) => {
    await lab.nft(['-f', '-'], REFUSALS);
    const fault = new Error('mine');
    await using log = watchPacketLog({ group: GROUP }, () => {
      throw fault;
    });
    await refuse(1);
    // The watch itself keeps no process alive.
    let ended: Error | null = null;
    void log.ended.then((error) => (ended = error));
    await until(() => ended === fault);
    await using _ = watchPacketLog({ group: GROUP }, () => {});
  },
);

labTest(
  'packets that the reader misses are told to be lost',
  { hosts: [], needs: ['koffi'] },
  async (lab) => {
    await lab.nft(['-f', '-'], REFUSALS);
    const heard = new Heard();
    await using _ = watchPacketLog({ group: GROUP, receiveBufferBytes: 1 }, heard.add);
    const flood = spawnFlood(3_000);
    await once(flood, 'exit');
    await until(() => heard.batches.some(({ lost }) => lost), { what: 'a batch that tells of losses' });
    // The reader lives: what comes in peace is all heard.
    const before = heard.batches.length;
    await refuse(1);
    await until(() => heard.batches.slice(before).some(({ signals }) => signals.length > 0));
  },
);

labTest(
  'a busy main thread is sent one batch, and all of the rest in the next',
  { hosts: [], needs: ['koffi'] },
  async (lab) => {
    await lab.nft(['-f', '-'], REFUSALS);
    const heard = new Heard();
    await using _ = watchPacketLog({ group: GROUP }, heard.add);
    const flood = spawnFlood(2_000);
    const exited = once(flood, 'exit');
    await until(() => heard.batches.length > 0);
    const before = heard.batches.length;
    const endMs = performance.now() + 300;
    while (performance.now() < endMs);
    await setImmediate();
    await setImmediate();
    assert.ok(heard.batches.length - before <= 3, `${heard.batches.length - before} batches`);
    await exited;
    await until(() => heard.signals.reduce((sum, { count }) => sum + count, 0) === 2_000);
  },
);

/** Another process that has `count` connections refused, many at a time. */
function spawnFlood(count: number): ReturnType<typeof spawn> {
  const script = `
    const { connect } = require('node:net');
    let left = ${count};
    const next = () => { if (left-- > 0) connect(9, '127.0.0.1').once('error', next); };
    for (let row = 0; row < 64; row += 1) next();`;
  return spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'inherit', 'inherit'] });
}

labTest('a process ends though it still watches', { hosts: [], needs: ['koffi'] }, async (lab) => {
  await lab.nft(['-f', '-'], REFUSALS);
  const url = new URL('../../src/kernel/index.js', import.meta.url).href;
  for (const [end, status] of [
    ['', 3],
    ['process.exit(4);', 4],
    ['throw new Error("expected");', 1],
  ] as const) {
    const script = `
      import { connect } from 'node:net';
      import { watchPacketLog } from ${JSON.stringify(url)};
      await new Promise((heard) => {
        const alive = setInterval(() => {}, 1_000);
        watchPacketLog({ group: ${GROUP} }, () => heard(clearInterval(alive)));
        connect(9, '127.0.0.1').on('error', () => {});
      });
      // By then its thread has rested, and waits for ever.
      await new Promise((resolve) => setTimeout(resolve, 100));
      process.exitCode = 3;
      ${end}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    assert.equal(code, status, end);
  }
});
