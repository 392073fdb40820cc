// SPDX-License-Identifier: MIT
/** Round-robin services by the hundred: their slots are in many maps, which come, go and are repaired with them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { FAMILIES } from '../../plugins/backend-nftables/family.js';
import { renderChangeSet } from '../../plugins/backend-nftables/render.js';
import { balance } from '../../plugins/backend-nftables/rule.js';
import { skeletonText } from '../../plugins/backend-nftables/skeleton.js';
import { NETLINK_NETFILTER, NFPROTO_INET, NetlinkSocket, NfTablesBatch } from '../../src/kernel/index.js';
import type { VirtualService } from '../../src/virtual-service.js';
import { byKey, changeSet, never, nftablesBackend, virtual } from '../support/nftables.js';
import { enterNamespace, labTest } from './lab.js';

await enterNamespace(import.meta.url);

const options = { hosts: ['client'], needs: ['koffi'] as const };
const nft = (...args: readonly string[]): string => execFileSync('nft', args, { encoding: 'utf8' });
const nftText = (input: string): string => execFileSync('nft', ['-f', '-'], { input, encoding: 'utf8' });

/** Leaves a chain with one rule, which reads that map: nft (1.0.6) takes none for a map that the kernel holds. */
function putRule(chain: string, map: string): void {
  using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
  const batch = new NfTablesBatch(socket, { family: NFPROTO_INET, table: 'sluice' });
  batch.deleteRules(chain);
  batch.addRule(chain, balance(FAMILIES[4], 'round-robin', 2, 'tcp', map).expressions);
  assert.deepEqual(batch.commit(socket), []);
}

const A = '10.0.0.1:8080';
const B = '10.0.0.2:8080';

function web(nth: number, slots: readonly string[] = [A, B], scheduler = 'round-robin'): VirtualService {
  return virtual(`192.0.2.${nth}:80/tcp`, slots, { scheduler });
}

const many = Array.from({ length: 150 }, (_, nth) => web(nth));
const many6 = Array.from({ length: 70 }, (_, nth) =>
  virtual(`[2001:db8::${nth + 1}]:80/tcp`, ['[2001:db8:1::1]:80']),
);

/** How many slots each map of slots has. */
function slotCounts(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, name, body] of nft('list', 'table', 'inet', 'sluice').matchAll(
    /\tmap (slots\S*) \{(.*?)\n\t\}/gs,
  )) {
    counts[name!] = [...body!.matchAll(/ : [\da-f]/g)].length;
  }
  return counts;
}

labTest('maps are filled one after the other, adopted, and go with their last service', options, async () => {
  const first = await nftablesBackend();
  assert.deepEqual((await first.apply(changeSet([], [...many, ...many6]), never)).failed, []);
  const whole = { slots4: 128, 'slots4-1': 128, 'slots4-2': 44, slots6: 64, 'slots6-1': 6 };
  assert.deepEqual(slotCounts(), whole);
  await first.release('keep', never);

  const second = await nftablesBackend();
  assert.deepEqual(byKey((await second.observe(never)).services), byKey([...many, ...many6]));
  const some = many.filter((_, nth) => nth < 10 || nth >= 128);
  assert.deepEqual((await second.apply(changeSet([...many, ...many6], some), never)).failed, []);
  assert.deepEqual(slotCounts(), { slots4: 20, 'slots4-2': 44, slots6: 0 });
  assert.deepEqual((await second.apply(changeSet(some, many), never)).failed, []);
  assert.deepEqual(slotCounts(), { slots4: 128, 'slots4-1': 128, 'slots4-2': 44, slots6: 0 });
  const observed = await second.observe(never);
  assert.deepEqual(byKey(observed.services), byKey(many));
  assert.equal(observed.strays, 0);
  await second.release('withdraw', never);
});

labTest('services that change scheduler, size or hands take their slots along', options, async () => {
  const backend = await nftablesBackend();
  const states: readonly (readonly VirtualService[])[] = [
    many,
    many.map((_, nth) => web(nth, [A, B], nth % 2 === 0 ? 'random' : 'round-robin')),
    many.map((_, nth) => web(nth, nth % 3 === 0 ? [] : [B, B, A])),
    many.map((_, nth) => web(nth, [A], nth % 3 === 0 ? 'source-hash' : 'round-robin')),
    many.map((_, nth) => web(nth, [A, A, A, B], 'random')),
    many.toReversed(),
    [],
  ];
  let before: readonly VirtualService[] = [];
  for (const after of states) {
    assert.deepEqual((await backend.apply(changeSet(before, after), never)).failed, []);
    const observed = await backend.observe(never);
    assert.deepEqual(byKey(observed.services), byKey(after));
    assert.equal(observed.strays, 0);
    before = after;
  }
  assert.deepEqual(slotCounts(), { slots4: 0, slots6: 0 });
  await backend.release('withdraw', never);
});

labTest('whatever somebody does to the maps, the next change puts it in order', options, async () => {
  const backend = await nftablesBackend();
  await backend.apply(changeSet([], many), never);
  const map = (name: string) =>
    `map inet sluice ${name} { typeof ip daddr . meta l4proto . th dport . numgen inc mod 65536 : ip daddr . th dport; }`;
  const mended = async (what: string, harm: string | (() => void)): Promise<void> => {
    if (typeof harm === 'string') nftText(harm);
    else harm();
    const observed = await backend.observe(never);
    const change = changeSet(observed.services, many);
    assert.ok(change.changes.length > 0 || observed.strays! > 0, `${what}: seen`);
    assert.deepEqual((await backend.apply(change, never)).failed, [], what);
    const after = await backend.observe(never);
    assert.deepEqual(byKey(after.services), byKey(many), what);
    assert.equal(after.strays, 0, what);
    const total = Object.values(slotCounts()).reduce((sum, count) => sum + count, 0);
    assert.equal(total, 300, what);
  };
  const misplaced = '{ 192.0.2.3 . tcp . 80 . 1 : 10.0.0.9 . 80 }';
  await mended('a slot in a map of others', `add element inet sluice slots4-1 ${misplaced}`);
  await mended('a slot deleted', 'delete element inet sluice slots4-1 { 192.0.2.70 . tcp . 80 . 1 }');
  await mended('a map flushed', 'flush map inet sluice slots4-1');
  await mended('a map of nobody', `add ${map('slots4-7')}\nadd element inet sluice slots4-7 ${misplaced}`);
  await mended('a rule that reads another map', () => putRule('rr-192.0.2.70-tcp-80', 'slots4-2'));
  nftText(`add ${map('theirs')}`);
  await mended('a rule that reads a map of theirs', () => putRule('rr-192.0.2.70-tcp-80', 'theirs'));
  await mended('a rule taken out', 'flush chain inet sluice rr-192.0.2.70-tcp-80');
  nft('delete', 'map', 'inet', 'sluice', 'theirs');
  await mended(
    'a map of another shape',
    'add map inet sluice slots4-9 { type ipv4_addr . inet_service : ipv4_addr; }',
  );
  await backend.release('withdraw', never);
});

labTest('a map that somebody else reads hinders nobody', options, async () => {
  const backend = await nftablesBackend();
  await backend.apply(changeSet([], many), never);
  nft('add', 'chain', 'inet', 'sluice', 'theirs');
  putRule('theirs', 'slots4-2');
  const few = many.slice(0, 10);
  assert.deepEqual((await backend.apply(changeSet(many, few), never)).failed, []);
  assert.deepEqual(slotCounts(), { slots4: 20, 'slots4-2': 0, slots6: 0 });
  assert.deepEqual((await backend.apply(changeSet(few, many), never)).failed, []);
  assert.deepEqual(byKey((await backend.observe(never)).services), byKey(many));
  await backend.release('withdraw', never);
});

labTest('text and messages do the same', { ...options, hosts: [] }, async (lab) => {
  const backend = await nftablesBackend();
  await backend.apply(changeSet([], many), never);
  const byMessages = await lab.nft(['list', 'table', 'inet', 'sluice']);
  await backend.release('withdraw', never);
  const text = `${skeletonText('sluice', 'timed', 0)}\n${renderChangeSet('sluice', changeSet([], many))}`;
  await lab.nft(['-f', '-'], text);
  const parts = (listing: string): string[] => listing.split(/[\n,{}]/).map((part) => part.trim());
  assert.deepEqual(
    parts(await lab.nft(['list', 'table', 'inet', 'sluice'])).toSorted(),
    parts(byMessages).toSorted(),
  );
});

labTest('what is told of a change beforehand is what happens', { ...options, hosts: [] }, async (lab) => {
  const backend = await nftablesBackend();
  await backend.apply(changeSet([], many.slice(0, 100)), never);
  const change = changeSet(many.slice(0, 100), many.slice(30));
  const told = [...backend.render(change).matchAll(/add rule inet sluice (\S+) .* map @(\S+)/g)];
  assert.equal(told.length, 50);
  await backend.apply(change, never);
  const listing = await lab.nft(['list', 'table', 'inet', 'sluice']);
  for (const [, chain, map] of told) {
    assert.match(listing, new RegExp(`chain ${chain} \\{[^}]*map @${map}\\n`));
  }
  await backend.release('withdraw', never);
});
