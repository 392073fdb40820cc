// SPDX-License-Identifier: MIT
/** Reloads under load: only what changed changes, and nobody notices. */
import assert from 'node:assert/strict';
import { LabDaemon } from './daemon.js';
import { enterNamespace, labTest, until } from './lab.js';
import { RuleWatch, serviceKey } from './rule-watch.js';
import { servedByRules } from './rules.js';
import { ids, members, quickCheck, serveAll } from './shop.js';

await enterNamespace(import.meta.url);

const options = { needs: ['koffi'] } as const;

labTest('a reload touches the service it changes, and fails no connection', options, async (lab) => {
  await serveAll(lab, 'tcp', 8080);
  const daemon = new LabDaemon(lab);
  const configure = (web: object): void =>
    daemon.configure({
      clusters: {
        shop: {
          members: members(lab),
          services: {
            web: { listen: `${lab.vip}:80`, port: 8080, check: quickCheck, members: web },
            other: { listen: `${lab.vip}:81`, port: 8080, check: quickCheck },
          },
        },
      },
    });
  configure({ a: {}, b: {}, c: {} });
  await daemon.start();
  await daemon.serves(...ids('shop/web'), ...ids('shop/other'));

  const ports = [80, 81];
  const loads = await Promise.all(
    ports.map((port) => lab.client.load({ address: lab.vip, port, parallel: 2, pauseMs: 2 })),
  );
  const held = await Promise.all(
    ports.map((port) =>
      lab.client.load({ address: lab.vip, port, parallel: 6, count: 6, holdMs: 120_000, askEveryMs: 20 }),
    ),
  );
  for (const load of held) await until(async () => (await load.report()).held === 6);

  using watch = new RuleWatch();
  const webs = [{ a: { weight: 3 } }, ['a', 'b'], { b: { weight: 2 } }, ['b', 'c']];
  for (let round = 0; round < 12; round++) {
    const web = webs[round % webs.length]!;
    const names = Array.isArray(web) ? web : ['a', 'b', 'c'];
    configure(web);
    const reloaded = await daemon.cli('reload');
    assert.equal(reloaded.status, 0, reloaded.stderr);
    await daemon.serves(...names.map((name) => `shop/web/${name}`), ...ids('shop/other'));
    const wanted = names.map((name) => `${lab.host(name).address}:8080`).join(' ');
    await until(async () => (await servedByRules(lab))[`${lab.vip}:80/tcp`] === wanted);
  }
  assert.ok(watch.count(serviceKey(lab.vip, 80)) > 0, 'the watch hears of the changed service');
  assert.equal(watch.count(serviceKey(lab.vip, 81)), 0, 'operations on the elements of the other');
  assert.equal(watch.count(Buffer.from('-tcp-81')), 0, 'operations on the chain of the other');

  for (const load of [...loads, ...held]) {
    const { done, failures } = await load.finish();
    assert.deepEqual(failures, {});
    assert.ok(done > 0);
  }
});

labTest(
  'an invalid reload is shown to whoever asked, and the old configuration runs on',
  options,
  async (lab) => {
    await serveAll(lab, 'tcp', 8080);
    const daemon = new LabDaemon(lab);
    const shop = {
      members: members(lab),
      services: { web: { listen: `${lab.vip}:80`, port: 8080, check: quickCheck } },
    };
    daemon.configure({ clusters: { shop } });
    await daemon.start();
    await daemon.serves(...ids('shop/web'));
    using watch = new RuleWatch();
    daemon.configure({ clusters: { shop: { ...shop, sevices: {} } } });
    const reloaded = await daemon.cli('reload');
    assert.notEqual(reloaded.status, 0);
    assert.match(reloaded.stderr, /sluice\.yaml:\d+:\d+: error\[SLUICE_CFG_UNKNOWN_KEY\].*sevices/);
    assert.equal(watch.count(Buffer.from('sluice')), 0, 'operations on the table');
    const asked = await lab.client.ask({ address: lab.vip, port: 80, count: 9 });
    assert.deepEqual(asked.byName, { a: 3, b: 3, c: 3 });
    await lab.host('a').unserve({ kind: 'tcp', port: 8080 });
    await daemon.serves('shop/web/b', 'shop/web/c');
  },
);
