// SPDX-License-Identifier: MIT
/** What the daemon asks of its host: privileges it says it lacks, a connection table it doesn't fill. */
import assert from 'node:assert/strict';
import { LabDaemon } from './daemon.js';
import { enterNamespace, labTest, until } from './lab.js';
import { ids, members, quickCheck, serveAll } from './shop.js';

await enterNamespace(import.meta.url);

labTest(
  'without CAP_NET_ADMIN it says so, says what to do, and runs on',
  { needs: ['koffi', 'setpriv'] },
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
    daemon.spawn(['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin']);
    const backend = await until(async () => {
      const { backends } = await daemon.status();
      return backends.find(({ last_error: error }) => error !== null);
    });
    assert.equal(backend.converged, false);
    assert.match(JSON.stringify(backend.last_error), /CAP_NET_ADMIN/);
    assert.match(daemon.output, /CAP_NET_ADMIN/);
    assert.equal(await lab.nft(['list', 'ruleset']), '');
    assert.notEqual(daemon.pid, null, 'still running');
  },
);

/** Counts the connections that the balancer itself opens. */
const counting = `
table inet counting {
  chain opened {
    type filter hook output priority 0
    tcp flags & (syn | ack) == syn counter
  }
}`;

// Each service a check of its own, so that no two are the same probe.
for (const [type, apart] of [
  ['http', (nth: number) => ({ path: `/${nth}` })],
  ['tcp', (nth: number) => ({ fall: 3 + nth })],
] as const) {
  const title = `hundreds of ${type} probes leave a handful of entries in the connection table`;
  labTest(title, { needs: ['koffi'] }, async (lab) => {
    await serveAll(lab, 'http', 8080);
    await lab.nft(['-f', '-'], counting);
    const daemon = new LabDaemon(lab);
    const names = Array.from({ length: 10 }, (_, index) => `web${index}`);
    const services = names.map((name, index) => {
      const check = { ...quickCheck, type, ...apart(index) };
      return [name, { listen: `${lab.vip}:${80 + index}`, port: 8080, check }] as const;
    });
    daemon.configure({
      clusters: { shop: { members: members(lab), services: Object.fromEntries(services) } },
    });
    await daemon.start();
    await daemon.serves(...names.flatMap((name) => ids(`shop/${name}`)));
    const probes = await until(
      async () => {
        const rules = await lab.nft(['list', 'table', 'inet', 'counting']);
        const opened = Number(/counter packets (\d+)/.exec(rules)?.[1]);
        return opened >= 600 && opened;
      },
      { what: '600 probes', deadlineMs: 30_000, everyMs: 200 },
    );
    // An ended connection is kept for a second, not for two minutes, and there are 150 probes a second.
    const count = await lab.connectionCount();
    assert.ok(count < 300, `${count} entries after ${probes} probes`);
  });
}
