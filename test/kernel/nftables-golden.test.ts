// SPDX-License-Identifier: MIT
/** The nft text says what the netlink messages do: nft accepts it, and the kernel lists the same after both. */
import assert from 'node:assert/strict';
import { renderChangeSet } from '../../plugins/backend-nftables/render.js';
import { skeletonText } from '../../plugins/backend-nftables/skeleton.js';
import { changeSet, never, nftablesBackend } from '../support/nftables.js';
import { renderCases } from '../support/nftables-cases.js';
import { enterNamespace, labTest } from './lab.js';

await enterNamespace(import.meta.url);

const options = { hosts: [], needs: ['koffi'] as const };

/** The parts of a listing in an order of ours, without shared chains that nothing leads to: text can't take them out. */
function comparable(listing: string): string[] {
  const used = (block: string): boolean => {
    const [, name] = /^chain ((?:random|source-hash)-\S+)/.exec(block) ?? [];
    return name === undefined || listing.includes(`goto ${name}`);
  };
  return listing
    .trimEnd()
    .replace(/\n}$/, '')
    .split(/\n\n?(?=\t\w)/)
    .map((block) => block.trim().replace(/elements = \{(.*?)\}/s, (_, list: string) => sorted(list)))
    .filter(used)
    .toSorted();
}

function sorted(list: string): string {
  const elements = list.split(',').map((element) => element.trim());
  return elements.toSorted().join(', ');
}

for (const { name, before, after } of renderCases) {
  labTest(`${name}: text and messages do the same`, options, async (lab) => {
    const backend = await nftablesBackend();
    await backend.apply(changeSet([], before), never);
    assert.deepEqual((await backend.apply(changeSet(before, after), never)).failed, []);
    const byMessages = await lab.nft(['list', 'table', 'inet', 'sluice']);
    await backend.release('withdraw', never);

    // As one file: nft (1.0.6) takes no rules for such a map once the kernel holds it.
    const text = [
      skeletonText('sluice', 'timed', 0),
      renderChangeSet('sluice', changeSet([], before)),
      renderChangeSet('sluice', changeSet(before, after)),
    ].join('\n');
    await lab.nft(['-c', '-f', '-'], text);
    assert.equal(await lab.nft(['list', 'ruleset']), '');
    await lab.nft(['-f', '-'], text);
    const byText = await lab.nft(['list', 'table', 'inet', 'sluice']);
    assert.deepEqual(comparable(byText), comparable(byMessages));
    // What nft lists, nft takes.
    await lab.nft(['flush', 'ruleset']);
    await lab.nft(['-f', '-'], byMessages);
  });
}

labTest('the table without time-outs for probes: text and messages make the same', options, async (lab) => {
  const backend = await nftablesBackend({ probe_timeouts: false });
  const [first] = renderCases;
  await backend.apply(changeSet([], first!.after), never);
  await backend.apply(changeSet(first!.after, []), never);
  const byMessages = await lab.nft(['list', 'table', 'inet', 'sluice']);
  await backend.release('withdraw', never);
  await lab.nft(['-f', '-'], skeletonText('sluice', 'untimed', 0));
  assert.deepEqual(comparable(await lab.nft(['list', 'table', 'inet', 'sluice'])), comparable(byMessages));
});
