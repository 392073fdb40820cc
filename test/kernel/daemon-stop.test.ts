// SPDX-License-Identifier: MIT
/** What is left in the kernel: by a stop, a withdrawal, a start that fails, and other people's hands. */
import assert from 'node:assert/strict';
import { LabDaemon } from './daemon.js';
import { enterNamespace, type Lab, labTest, until } from './lab.js';
import { RuleWatch } from './rule-watch.js';
import { servedByRules } from './rules.js';
import { ids, members, quickCheck, serveAll } from './shop.js';

await enterNamespace(import.meta.url);

const options = { needs: ['koffi'] } as const;

/** Somebody else's rules, some of them at the very places where sluice puts its own. */
const foreign = `
table ip filter {
  chain input {
    type filter hook input priority filter
    tcp dport 22 counter accept
  }
}
table inet mine {
  set blocked {
    type ipv4_addr
    elements = { 203.0.113.9 }
  }
  chain pre {
    type nat hook prerouting priority dstnat
  }
}`;

async function startShop(lab: Lab): Promise<LabDaemon> {
  await serveAll(lab, 'tcp', 8080);
  const daemon = new LabDaemon(lab);
  daemon.configure({
    clusters: {
      shop: {
        members: members(lab),
        services: { web: { listen: `${lab.vip}:80`, port: 8080, check: quickCheck } },
      },
    },
  });
  await daemon.start();
  await daemon.serves(...ids('shop/web'));
  return daemon;
}

labTest(
  'stop keeps the rules, `stop --withdraw` leaves the kernel as it was before',
  options,
  async (lab) => {
    await lab.nft(['-f', '-'], foreign);
    const before = await lab.nft(['list', 'ruleset']);
    const daemon = await startShop(lab);
    const rules = await lab.nft(['list', 'ruleset']);

    const stopped = await daemon.cli('stop');
    assert.equal(stopped.status, 0, stopped.stderr);
    assert.equal(await daemon.ended(), 0);
    assert.equal(await lab.nft(['list', 'ruleset']), rules);
    const asked = await lab.client.ask({ address: lab.vip, port: 80, count: 9 });
    assert.deepEqual(asked.failures, {});

    await daemon.start();
    daemon.signal('SIGTERM');
    assert.equal(await daemon.ended(), 0);
    assert.equal(await lab.nft(['list', 'ruleset']), rules);

    await daemon.start();
    const withdrawn = await daemon.cli('stop', '--withdraw');
    assert.equal(withdrawn.status, 0, withdrawn.stderr);
    assert.equal(await daemon.ended(), 0);
    assert.equal(await lab.nft(['list', 'ruleset']), before);
  },
);

labTest('an invalid configuration at start ends with status 78 and touches nothing', options, async (lab) => {
  await lab.nft(['-f', '-'], foreign);
  using watch = new RuleWatch();
  const daemon = new LabDaemon(lab);
  daemon.configure({ clusters: { shop: { members: {}, services: { web: { listen: 'nowhere' } } } } });
  daemon.spawn();
  assert.equal(await daemon.ended(), 78);
  assert.match(daemon.output, /error\[SLUICE_/);
  assert.equal(watch.count(Buffer.from('')), 0, 'changes of any rules');
});

labTest('a flush of everything, a deleted element and a deleted rule are repaired', options, async (lab) => {
  const daemon = await startShop(lab);
  const wanted = await servedByRules(lab);
  const repaired = (): Promise<true> =>
    until(async () => {
      assert.deepEqual(await servedByRules(lab), wanted);
      const { backends } = await daemon.status();
      return backends.every(({ converged }) => converged) && (true as const);
    });

  await lab.nft(['flush', 'ruleset']);
  await repaired();
  await lab.nft(['delete', 'element', 'inet', 'sluice', 'svc4', `{ ${lab.vip} . tcp . 80 }`]);
  await repaired();
  await lab.nft(['delete', 'element', 'inet', 'sluice', 'slots4', `{ ${lab.vip} . tcp . 80 . 1 }`]);
  await repaired();
  await lab.nft(['flush', 'chain', 'inet', 'sluice', 'balance']);
  await until(async () => /vmap @svc4/.test(await lab.nft(['list', 'chain', 'inet', 'sluice', 'balance'])));
  await repaired();
  const asked = await lab.client.ask({ address: lab.vip, port: 80, count: 9 });
  assert.deepEqual(asked.failures, {});
  const events = await daemon.cli('events');
  assert.match(events.stdout, /drift .*nftables/);
  assert.deepEqual(await daemon.rotation(), ids('shop/web'), 'nobody was marked down for it');
});

labTest('other tables stay as they are, whatever sluice does with its own', options, async (lab) => {
  await lab.nft(['-f', '-'], foreign);
  const before = await lab.nft(['list', 'table', 'inet', 'mine']);
  const daemon = await startShop(lab);
  await lab.host('a').unserve({ kind: 'tcp', port: 8080 });
  await daemon.serves('shop/web/b', 'shop/web/c');
  assert.equal(await lab.nft(['list', 'table', 'inet', 'mine']), before);
});
