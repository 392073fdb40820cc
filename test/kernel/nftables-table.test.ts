// SPDX-License-Identifier: MIT
/** What the nftables backend does with its table: reads it back, adopts it, repairs it, and takes it away. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  NETLINK_NETFILTER,
  NFNLGRP_NFTABLES,
  NetlinkSocket,
  readGeneration,
} from '../../src/kernel/index.js';
import type { VirtualService } from '../../src/virtual-service.js';
import { byKey, changeSet, never, nftablesBackend, virtual } from '../support/nftables.js';
import { enterNamespace, labTest, until } from './lab.js';

await enterNamespace(import.meta.url);

const options = { hosts: ['client'], needs: ['koffi'] as const };

const A = '10.0.0.1:8080';
const B = '10.0.0.2:8080';
const C = '10.0.0.3:8080';
const A6 = '[2001:db8:1::1]:8080';
const B6 = '[2001:db8:1::2]:8080';

/** One of everything. */
const services: readonly VirtualService[] = [
  virtual('192.0.2.1:80/tcp', [A, B, C, A]),
  virtual('192.0.2.1:81/tcp', [A, B, C], { scheduler: 'random' }),
  virtual('192.0.2.1:82/tcp', [C, B, A], { scheduler: 'random' }),
  virtual('192.0.2.1:83/tcp', [A, B], { scheduler: 'source-hash', sourceNat: 'masquerade' }),
  virtual('192.0.2.1:53/udp', [A], { sourceNat: '192.0.2.99' }),
  virtual('192.0.2.2:80/tcp', []),
  virtual('192.0.2.2:81/tcp', [], { scheduler: 'source-hash' }),
  virtual('[2001:db8::1]:80/tcp', [A6, B6]),
  virtual('[2001:db8::1]:81/tcp', [A6, B6, B6], { scheduler: 'random', sourceNat: '2001:db8::99' }),
  virtual('[2001:db8::1]:53/udp', [B6], { scheduler: 'source-hash', sourceNat: 'masquerade' }),
  virtual('[2001:db8::2]:80/tcp', [], { scheduler: 'random' }),
];

const foreign = `
table inet theirs {
  set numbers { type inet_service; elements = { 1, 2 }; }
  chain c { type filter hook input priority 0; }
}
table ip sluice {
  chain theirs { type nat hook prerouting priority 0; }
}
`;

const list = (): string => execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' });
const nft = (...args: readonly string[]): string => execFileSync('nft', args, { encoding: 'utf8' });

async function generation(): Promise<number> {
  using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  return await readGeneration(socket);
}

labTest('what was applied is observed, at every step between many states', options, async () => {
  const backend = await nftablesBackend();
  assert.deepEqual(await backend.observe(never), { services: [], strays: 0 });
  const states: readonly (readonly VirtualService[])[] = [
    services,
    services.map((service) => virtual(service.key, service.slots!, { scheduler: 'round-robin' })),
    services.map((service, index) =>
      virtual(service.key, index % 2 === 0 ? [] : service.slots!, { scheduler: service.scheduler.name }),
    ),
    services.slice(3, 6),
    services.map((service) =>
      virtual(service.key, service.slots!.toReversed(), { scheduler: 'random', sourceNat: 'masquerade' }),
    ),
    [],
    services,
  ];
  let before: readonly VirtualService[] = [];
  for (const after of states) {
    const change = changeSet(before, after);
    const report = await backend.apply(change, never);
    assert.deepEqual(report, { applied: change.changes.map(({ key }) => key), failed: [] });
    const observed = await backend.observe(never);
    assert.deepEqual(byKey(observed.services), byKey(after));
    assert.equal(observed.strays, 0);
    before = after;
  }
  await backend.release('withdraw', never);
});

labTest('chains come with their first service and go with their last', options, async () => {
  const backend = await nftablesBackend();
  const chains = (): string[] =>
    [...list().matchAll(/chain ((?:rr|random|source-hash)\S*)/g)].map(([, name]) => name!);
  await backend.apply(changeSet([], services), never);
  assert.deepEqual(chains().toSorted(), [
    'random-4-3',
    'random-6-0',
    'random-6-3',
    'rr-192.0.2.1-tcp-80',
    'rr-192.0.2.1-udp-53',
    'rr-192.0.2.2-tcp-80',
    'rr-2001_db8__1-tcp-80',
    'source-hash-4-0',
    'source-hash-4-2',
    'source-hash-6-1',
  ]);
  await backend.apply(changeSet(services, services.slice(1, 2)), never);
  assert.deepEqual(chains(), ['random-4-3']);
  await backend.apply(changeSet(services.slice(1, 2), []), never);
  assert.deepEqual(chains(), []);
  await backend.release('withdraw', never);
});

labTest(
  'a restart adopts what is there; keeping leaves it, withdrawing leaves nothing',
  options,
  async () => {
    execFileSync('nft', ['-f', '-'], { input: foreign });
    const untouched = list();
    const first = await nftablesBackend();
    await first.apply(changeSet([], services), never);
    const made = list();
    await first.release('keep', never);
    assert.equal(list(), made);

    const second = await nftablesBackend();
    const before = await generation();
    assert.deepEqual(byKey((await second.observe(never)).services), byKey(services));
    assert.equal(await generation(), before, 'observing changes nothing');
    const next = [virtual('192.0.2.1:80/tcp', [A, B, B, A]), ...services.slice(1)];
    assert.deepEqual((await second.apply(changeSet(services, next), never)).failed, []);
    assert.equal(await generation(), before + 1, 'one transaction');
    await second.release('withdraw', never);
    assert.equal(list(), untouched);
  },
);

labTest('a slot that changes hands touches that slot alone', options, async () => {
  const backend = await nftablesBackend();
  await backend.apply(changeSet([], services), never);
  using monitor = new NetlinkSocket({ protocol: NETLINK_NETFILTER, groups: [NFNLGRP_NFTABLES] });
  const before = services[1]!;
  const after = virtual(before.key, [A, B, B], { scheduler: 'random' });
  await backend.apply(changeSet([before], [after]), never);
  const types = monitor.poll().map((message) => message!.type & 0xff);
  const [NEWSETELEM, DELSETELEM, NEWGEN] = [12, 14, 15];
  assert.deepEqual(types, [DELSETELEM, NEWSETELEM, NEWGEN]);
  await backend.release('withdraw', never);
});

labTest('whatever somebody does to the table, the next change puts it in order', options, async () => {
  const backend = await nftablesBackend();
  await backend.apply(changeSet([], services), never);
  /** Breaks something, then does what the core does: observes, and applies the difference. */
  const mended = async (what: string, ...command: readonly string[]): Promise<void> => {
    nft(...command);
    const observed = await backend.observe(never);
    const change = changeSet(observed.services, services);
    assert.ok(change.changes.length > 0 || observed.strays! > 0, `${what}: seen`);
    assert.deepEqual((await backend.apply(change, never)).failed, [], what);
    const after = await backend.observe(never);
    assert.deepEqual(byKey(after.services), byKey(services), what);
    assert.equal(after.strays, 0, what);
  };
  const table = ['inet', 'sluice'] as const;
  await mended('a slot deleted', 'delete', 'element', ...table, 'slots4', '{ 192.0.2.1 . tcp . 80 . 1 }');
  await mended(
    'a slot too many',
    'add',
    'element',
    ...table,
    'slots4',
    `{ 192.0.2.1 . tcp . 81 . 9 : 10.0.0.1 . 1 }`,
  );
  await mended('a service deleted', 'delete', 'element', ...table, 'svc6', '{ 2001:db8::1 . tcp . 80 }');
  await mended('a service refused', 'add', 'element', ...table, 'refuse4', '{ 192.0.2.1 . tcp . 80 }');
  await mended('one refused no more', 'delete', 'element', ...table, 'refuse4', '{ 192.0.2.2 . tcp . 80 }');
  await mended(
    'a strange service',
    'add',
    'element',
    ...table,
    'svc4',
    '{ 192.0.2.77 . tcp . 80 : goto random-4-3 }',
  );
  await mended('a verdict of theirs', 'add', 'element', ...table, 'svc4', '{ 192.0.2.77 . tcp . 80 : drop }');
  await mended('a chain flushed', 'flush', 'chain', ...table, 'random-4-3');
  await mended('a round robin flushed', 'flush', 'chain', ...table, 'rr-192.0.2.1-tcp-80');
  await mended('a chain of nobody', 'add', 'chain', ...table, 'random-4-99');
  await mended('a hook flushed', 'flush', 'chain', ...table, 'prerouting');
  await mended('a rule of theirs', 'insert', 'rule', ...table, 'balance', 'accept');
  await mended('all slots flushed', 'flush', 'map', ...table, 'slots4');
  await mended('the table deleted', 'delete', 'table', ...table);
  await mended('everything flushed', 'flush', 'ruleset');
  await backend.release('withdraw', never);
  assert.equal(list(), '');
});

labTest(
  'a table that lost its shape is not replaced by the one service that is changing',
  options,
  async () => {
    const backend = await nftablesBackend();
    await backend.apply(changeSet([], services), never);
    nft('flush', 'chain', 'inet', 'sluice', 'prerouting');
    nft('delete', 'element', 'inet', 'sluice', 'slots4', '{ 192.0.2.1 . tcp . 80 . 1 }');
    const after = virtual('192.0.2.1:80/tcp', [C, C, C]);
    await assert.rejects(
      backend.apply(changeSet([services[0]!], [after]), never),
      /changed the shape of table/,
    );
    assert.match(list(), /192\.0\.2\.1 \. tcp \. 81 /);
    const wanted = [after, ...services.slice(1)];
    const observed = await backend.observe(never);
    assert.deepEqual((await backend.apply(changeSet(observed.services, wanted), never)).failed, []);
    assert.deepEqual(byKey((await backend.observe(never)).services), byKey(wanted));
    await backend.release('withdraw', never);
  },
);

labTest('a change that meets other rules than the core believed still gets through', options, async () => {
  const backend = await nftablesBackend();
  await backend.apply(changeSet([], services), never);
  nft('delete', 'element', 'inet', 'sluice', 'slots4', '{ 192.0.2.1 . tcp . 80 . 1 }');
  const after = virtual('192.0.2.1:80/tcp', [C, C, C]);
  const random = virtual('192.0.2.1:81/tcp', [B, A, A], { scheduler: 'random' });
  const next = [after, random, ...services.slice(2)];
  const report = await backend.apply(changeSet(services, next), never);
  assert.deepEqual(report.failed, []);
  assert.deepEqual(report.applied.toSorted(), [after.key, random.key]);
  assert.deepEqual(byKey((await backend.observe(never)).services), byKey(next));

  nft('flush', 'ruleset');
  assert.deepEqual((await backend.apply(changeSet([after], [services[0]!]), never)).failed, []);
  assert.deepEqual((await backend.observe(never)).services, [services[0]]);
  await backend.release('withdraw', never);
});

labTest(
  'a service that the kernel refuses is reported by itself, the others are applied',
  options,
  async () => {
    const backend = await nftablesBackend();
    // An address of the other family: the map's data would be too long.
    const refused = virtual('192.0.2.8:80/tcp', [A], { sourceNat: '2001:db8::1' });
    const unsupported = { ...virtual('192.0.2.9:80/tcp', [A]), scheduler: { name: 'wlc', flags: [] } };
    const report = await backend.apply(
      changeSet([], [services[0]!, refused, unsupported, services[1]!]),
      never,
    );
    assert.deepEqual(report.applied.toSorted(), [services[0]!.key, services[1]!.key]);
    assert.deepEqual(
      report.failed.map(({ key, code }) => `${key} ${code}`),
      [`${unsupported.key} SLUICE_CFG_UNSUPPORTED`, `${refused.key} EINVAL`],
    );
    assert.equal(report.failed[0]!.message, 'backend nftables does not support scheduler wlc');
    const observed = await backend.observe(never);
    assert.deepEqual(byKey(observed.services), byKey([services[0]!, services[1]!]));
    assert.equal(observed.strays, 0);
    await backend.release('withdraw', never);
  },
);

labTest('without the right to, it says what to do', { ...options, needs: ['koffi', 'setpriv'] }, async () => {
  const script = `
    const { nftablesBackend, changeSet, virtual, never } = await import(process.argv[1]);
    const backend = await nftablesBackend();
    backend.onDrift(() => {})[Symbol.dispose]();
    const error = await backend.observe(never).catch((error) => error);
    console.log(JSON.stringify({ code: error.code, message: error.message }));`;
  const support = new URL('../support/nftables.js', import.meta.url).href;
  const output = execFileSync(
    'setpriv',
    ['--bounding-set', '-net_admin', process.execPath, '--input-type=module', '-e', script, support],
    { encoding: 'utf8' },
  );
  const { code, message } = JSON.parse(output) as { code: string; message: string };
  assert.equal(code, 'SLUICE_PRIVILEGE');
  assert.match(message, /needs the right CAP_NET_ADMIN: run sluice as root/);
});

labTest("somebody's change is noticed, our own and those to other tables are not", options, async () => {
  const backend = await nftablesBackend();
  const told: string[] = [];
  using drift = backend.onDrift!((what) => told.push(what));
  void drift;
  await backend.apply(changeSet([], services), never);
  execFileSync('nft', ['-f', '-'], { input: foreign });
  nft('add', 'element', 'inet', 'theirs', 'numbers', '{ 3 }');
  await backend.apply(changeSet(services, services.slice(1)), never);
  nft('delete', 'element', 'inet', 'sluice', 'svc4', '{ 192.0.2.1 . tcp . 81 }');
  await until(() => told.length > 0);
  assert.deepEqual(told, ['somebody changed table inet sluice (1 change)']);
  nft('flush', 'ruleset');
  await until(() => told.length > 1);
  assert.equal(told[1], 'somebody deleted table inet sluice');
  await backend.release('withdraw', never);
});

labTest('a thousand services: loaded, adopted, changed', options, async () => {
  const backend = await nftablesBackend();
  const many = Array.from({ length: 1000 }, (_, index) =>
    virtual(`192.0.${index >> 8}.${index & 255}:80/tcp`, [A, B, C, A], {
      scheduler: index % 2 === 0 ? 'random' : 'round-robin',
    }),
  );
  assert.deepEqual((await backend.apply(changeSet([], many), never)).failed, []);
  assert.deepEqual(byKey((await backend.observe(never)).services), byKey(many));
  const next = many.map((service) =>
    virtual(service.key, [B, B, C, A], { scheduler: service.scheduler.name }),
  );
  assert.deepEqual((await backend.apply(changeSet(many, next), never)).failed, []);
  assert.deepEqual(byKey((await backend.observe(never)).services), byKey(next));
  await backend.release('withdraw', never);
});

labTest(
  'preflight names what would keep services from working',
  { ...options, needs: ['koffi'] },
  async (lab) => {
    const backend = await nftablesBackend();
    const warnings = async (): Promise<readonly string[]> => backend.preflight!(services, never);
    assert.deepEqual(
      (await warnings()).filter((line) => !line.includes('reverse path')),
      [],
    );
    execFileSync('sh', ['-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward']);
    assert.match((await warnings()).join('\n'), /IPv4 forwarding is off.*net\.ipv4\.ip_forward=1/);
    execFileSync('sh', ['-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
    execFileSync('sh', ['-c', 'echo 1 > /proc/sys/net/ipv4/conf/client/rp_filter']);
    assert.match((await warnings()).join('\n'), /strict reverse path filtering on .*client/);
    await lab.nft(
      ['-f', '-'],
      `table ip docker {
       chain first {
         type nat hook prerouting priority -100;
         ip daddr 192.0.2.1 tcp dport 80 dnat to 10.0.0.9
       }
     }
     table ip other {
       map known { type ipv4_addr : verdict; elements = { 192.0.2.200 : accept }; }
       chain first {
         type nat hook prerouting priority -100;
         ip daddr 192.0.2.201 tcp dport 80 dnat to 10.0.0.9
       }
     }`,
    );
    const foreign = (await warnings()).filter((line) => line.includes('rewrites'));
    assert.equal(foreign.length, 1);
    assert.match(foreign[0]!, /^table ip docker rewrites .* 192\.0\.2\.1:/);
    await backend.release('withdraw', never);
  },
);

labTest('the option leaves probes alone', options, async () => {
  const backend = await nftablesBackend({ probe_timeouts: false, table: 'other' });
  await backend.apply(changeSet([], services), never);
  assert.doesNotMatch(list(), /ct timeout/);
  assert.match(list(), /table inet other/);
  assert.deepEqual(byKey((await backend.observe(never)).services), byKey(services));
  // Another wish at the next start: the table is replaced, and the services with it, in one transaction.
  const changed = await nftablesBackend({ table: 'other' });
  assert.deepEqual(await changed.observe(never), { services: [], strays: 1 });
  const before = await generation();
  assert.deepEqual((await changed.apply(changeSet([], services), never)).failed, []);
  assert.equal(await generation(), before + 1);
  assert.match(list(), /ct timeout probe-tcp/);
  assert.deepEqual(byKey((await changed.observe(never)).services), byKey(services));
  await changed.release('withdraw', never);
  await backend.release('keep', never);
  assert.equal(list(), '');
});
