// SPDX-License-Identifier: MIT
/** The daemon with `probe: syn`: members go up and down by bare SYNs, and reloads and stops leave nothing behind. */
import assert from 'node:assert/strict';
import { LabDaemon } from './daemon.js';
import { enterNamespace, labTest } from './lab.js';
import { ids, members, quickCheck, serveAll } from './shop.js';
import { probePorts } from './syn.js';

await enterNamespace(import.meta.url);

labTest('a daemon that probes by bare SYNs', { needs: ['koffi'] }, async (lab) => {
  await serveAll(lab, 'tcp', 8080);
  const daemon = new LabDaemon(lab);
  const configure = (listen: string): void =>
    daemon.configure({
      clusters: {
        shop: {
          members: members(lab),
          services: { web: { listen, port: 8080, check: { ...quickCheck, probe: 'syn' } } },
        },
      },
    });
  configure(`${lab.vip}:80`);
  await daemon.start();
  await daemon.serves(...ids('shop/web'));
  const { clusters } = await daemon.status();
  assert.match(clusters[0]!.services[0]!.endpoints[0]!.reason, /^answered SYN in /);
  const ports = await probePorts(lab);
  assert.equal(ports.length, 1);

  await lab.host('b').unserve({ kind: 'tcp', port: 8080 });
  await daemon.serves('shop/web/a', 'shop/web/c');
  await lab.host('c').link('down');
  await daemon.serves('shop/web/a');
  await lab.host('b').serve({ kind: 'tcp', port: 8080 });
  await daemon.serves('shop/web/a', 'shop/web/b');

  configure(`${lab.vip}:81`);
  assert.equal((await daemon.cli('reload')).status, 0);
  await daemon.serves('shop/web/a', 'shop/web/b');
  assert.deepEqual(await probePorts(lab), ports, 'the port stays the same');

  daemon.signal('SIGTERM');
  assert.equal(await daemon.ended(), 0, daemon.output);
  const tables = await lab.nft(['list', 'tables']);
  assert.equal(tables, 'table inet sluice\n', 'its rules stay, those of its probes do not');
});
