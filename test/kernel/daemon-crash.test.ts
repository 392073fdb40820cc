// SPDX-License-Identifier: MIT
/** Kill -9 at any moment: traffic flows by the last rules, and the next start goes on from there. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabDaemon } from './daemon.js';
import { enterNamespace, labTest } from './lab.js';
import { RuleWatch } from './rule-watch.js';
import { servedByRules } from './rules.js';
import { ids, members, quickCheck, serveAll } from './shop.js';

await enterNamespace(import.meta.url);

const kills = 200;
/** A reload is through within this, on any machine that isn't on its knees. */
const reloadMs = 60;

labTest(
  'a start after kill -9 adopts the rules and changes nothing that is true',
  { needs: ['koffi'] },
  async (lab) => {
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
    await daemon.kill();
    const rules = await lab.nft(['list', 'ruleset']);
    using watch = new RuleWatch();
    await daemon.start();
    await daemon.serves(...ids('shop/web'));
    const { clusters } = await daemon.status();
    assert.equal(clusters[0]?.services[0]?.state, 'up');
    assert.equal(watch.count(Buffer.from('sluice')), 0, 'operations on the table');
    assert.equal(await lab.nft(['list', 'ruleset']), rules);

    // While it was dead a member died too: corrected by its own checks.
    await daemon.kill();
    await lab.host('b').unserve({ kind: 'tcp', port: 8080 });
    await daemon.start();
    await daemon.serves('shop/web/a', 'shop/web/c');
  },
);

labTest(
  `${kills} kills at random moments under load: no failed connection, never a third set of rules`,
  { needs: ['koffi'], timeoutMs: 500_000 },
  async (lab) => {
    await serveAll(lab, 'tcp', 8080);
    const daemon = new LabDaemon(lab);
    // All members are healthy all the time; the file says in turn that three or two of them serve.
    const configure = (round: number): void =>
      daemon.configure({
        clusters: {
          shop: {
            members: members(lab),
            services: {
              web: {
                listen: `${lab.vip}:80`,
                port: 8080,
                check: quickCheck,
                members: round % 2 === 0 ? ['a', 'b', 'c'] : ['a', 'b'],
              },
            },
          },
        },
      });
    const [a, b, c] = ['a', 'b', 'c'].map((name) => `${lab.host(name).address}:8080`);
    const correct = [`${a} ${b}`, `${a} ${b} ${c}`];
    configure(0);
    const begun = performance.now();
    await daemon.start();
    const startMs = performance.now() - begun;
    await daemon.serves(...ids('shop/web'));
    await daemon.kill();
    const load = await lab.client.load({ address: lab.vip, port: 80, parallel: 3, pauseMs: 10 });
    const held = await lab.client.load({
      address: lab.vip,
      port: 80,
      parallel: 6,
      count: 6,
      holdMs: 600_000,
      askEveryMs: 200,
    });

    const seen = new Set<string>();
    for (let round = 1; round <= kills; round++) {
      if (round % 4 === 0) {
        await daemon.start();
        configure(round);
        daemon.signal('SIGHUP');
        await sleep(Math.random() * reloadMs);
      } else {
        configure(round);
        daemon.spawn();
        await sleep(Math.random() * 1.3 * startMs);
      }
      await daemon.kill();
      const served = (await servedByRules(lab))[`${lab.vip}:80/tcp`] ?? 'nobody';
      assert.ok(correct.includes(served), `after kill ${round}: ${served}`);
      seen.add(served);
    }
    assert.equal(seen.size, 2, 'both sets were met');
    for (const running of [load, held]) assert.deepEqual((await running.finish()).failures, {});

    configure(0);
    await daemon.start();
    await daemon.serves(...ids('shop/web'));
    assert.ok((await daemon.plan()).backends.every(({ change }) => change.changes.length === 0));
  },
);
