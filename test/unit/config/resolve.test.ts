// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configOf, serviceOf, withService } from '../../support/load-text.js';

const LISTEN = 'listen: "192.0.2.10:80"';

describe('defaults', () => {
  it('of a service are those of the manual', async () => {
    const { endpoints, checks, listens, ...rest } = await serviceOf(`${LISTEN}, backend: ideal`);
    assert.deepEqual(rest, {
      id: 'shop/web',
      cluster: 'shop',
      name: 'web',
      fwmark: null,
      port: null,
      backend: 'ideal',
      scheduler: { name: 'round-robin', flags: [] },
      persistence: null,
      forwarding: { mode: 'nat' },
      sourceNat: 'none',
      watches: [],
      rescue: false,
      fallback: null,
      minUp: { down: { count: 1 }, up: { count: 1 } },
      onAllDown: 'refuse',
      panic: null,
      onDown: { rule: 'remove', udp: 'flush', tcp: 'keep', unanswered: 'flush' },
      flap: null,
      slowStartMs: 0,
      drainMs: 300_000,
      limits: null,
    });
    assert.deepEqual(listens, [
      { family: 4, address: '192.0.2.10', interface: null, protocol: 'tcp', port: 80, portLast: 80 },
    ]);
    assert.equal(endpoints.length, 2);
    const [check] = checks;
    assert.ok(check);
    const { fingerprint, ...spec } = check;
    assert.match(fingerprint, /^[\w-]{22}$/);
    assert.deepEqual(spec, {
      type: 'tcp',
      options: { close: false },
      intervalMs: 2000,
      timeoutMs: 1000,
      rise: 2,
      fall: 3,
      fastIntervalMs: 500,
      downIntervalMs: 2000,
      port: null,
      address: null,
      source: null,
      fwmark: null,
    });
  });

  it('of what a service says in short', async () => {
    const service = await serviceOf(
      `${LISTEN}, backend: ideal, persistence: 6m, panic: {}, flap: {}, forwarding: tunnel, fallback: "10.0.0.99:8081",
       min_up: { down: 1, up: 50% }, limits: { upper: 10 }, on_down: { tcp: reset }, slow_start: 1.5s`,
    );
    assert.deepEqual(service.persistence, {
      timeoutMs: 360_000,
      netmask: 32,
      netmask6: 128,
      onDown: 'rebalance',
    });
    assert.deepEqual(service.panic, { share: 100, withinMs: 5000 });
    assert.deepEqual(service.flap, { changes: 4, withinMs: 60_000, holdMs: 120_000 });
    assert.deepEqual(service.forwarding, { mode: 'tunnel', tunnel: 'ipip', port: null });
    assert.deepEqual(service.fallback, { family: 4, address: '10.0.0.99', port: 8081 });
    assert.equal(service.onAllDown, 'fallback');
    assert.deepEqual(service.minUp, { down: { count: 1 }, up: { percent: 50 } });
    assert.deepEqual(service.limits, { upper: 10, lower: 0 });
    assert.deepEqual(service.onDown, { rule: 'remove', udp: 'flush', tcp: 'reset', unanswered: 'flush' });
    assert.equal(service.slowStartMs, 1500);
  });

  it('follow what the backend is', async () => {
    const proxied = await serviceOf(`${LISTEN}, backend: proxy`);
    assert.deepEqual(proxied.forwarding, { mode: 'proxy' });
    const nat = await serviceOf(LISTEN);
    assert.equal(nat.backend, 'nftables');
    assert.equal(nat.onDown.udp, 'keep', 'it has no way to flush');
  });

  it('are taken whole from `defaults`', async () => {
    const before = `defaults: { backend: ideal, scheduler: rr, drain: 1m, persistence: { timeout: 1m, netmask: 24 } }`;
    const taken = await serviceOf(LISTEN, before);
    assert.deepEqual(
      [taken.scheduler.name, taken.drainMs, taken.persistence?.netmask],
      ['round-robin', 60_000, 24],
    );
    const said = await serviceOf(`${LISTEN}, scheduler: random, persistence: 2m`, before);
    assert.deepEqual([said.scheduler.name, said.persistence?.netmask], ['random', 32]);
    assert.equal((await serviceOf(`${LISTEN}, persistence: 0s`, before)).persistence, null);
  });

  it('of the daemon depend on nothing but who runs it', async () => {
    const config = await configOf(
      withService(
        LISTEN,
        'control: { socket: ctl.sock, status_socket: run/ro.sock, group: adm }\nstate: { directory: state, max_age: 1h }\nlog: { level: warn, format: pretty }',
      ),
    );
    assert.deepEqual(config.control, {
      socket: '/etc/sluice/ctl.sock',
      group: 'adm',
      statusSocket: '/etc/sluice/run/ro.sock',
      statusGroup: null,
    });
    assert.deepEqual(config.state, { directory: '/etc/sluice/state', maxAgeMs: 3_600_000 });
    assert.deepEqual(config.log, { level: 'warn', format: 'pretty' });
    assert.equal(config.http, null);
    assert.deepEqual(config.files, ['/etc/sluice/sluice.yaml']);
  });
});

describe('checks', () => {
  const DEFAULTS = 'defaults: { check: { type: http, path: /up, status: [200], interval: 4s, rise: 5 } }';

  it('take the common keys one by one, and their own where the type is the same', async () => {
    const [same] = (await serviceOf(`${LISTEN}, check: { host: h, status: [204, 301] }`, DEFAULTS)).checks;
    assert.deepEqual(same?.options, { path: '/up', status: [204, 301], host: 'h' });
    assert.deepEqual([same.type, same.intervalMs, same.rise, same.fall], ['http', 4000, 5, 3]);
    const [other] = (await serviceOf(`${LISTEN}, check: { type: tcp, rise: 1 }`, DEFAULTS)).checks;
    assert.deepEqual(other?.options, { close: false });
    assert.deepEqual([other.type, other.intervalMs, other.rise], ['tcp', 4000, 1]);
  });

  it('may be several, each merged, or none', async () => {
    const { checks } = await serviceOf(`${LISTEN}, check: [{ path: /a }, { type: tcp }]`, DEFAULTS);
    assert.deepEqual(
      checks.map(({ type, rise }) => [type, rise]),
      [
        ['http', 5],
        ['tcp', 5],
      ],
    );
    assert.deepEqual((await serviceOf(`${LISTEN}, check: none`, DEFAULTS)).checks, []);
  });

  it('of the defaults may be a list, taken whole or not at all', async () => {
    const before = 'defaults: { check: [{ type: tcp, rise: 7 }, { type: http }] }';
    assert.equal((await serviceOf(LISTEN, before)).checks.length, 2);
    const [said] = (await serviceOf(`${LISTEN}, check: { type: tcp }`, before)).checks;
    assert.equal(said?.rise, 2);
    assert.deepEqual((await serviceOf(LISTEN, 'defaults: { check: none }')).checks, []);
  });

  it('shorten an unstated timeout to a short interval', async () => {
    const [check] = (await serviceOf(`${LISTEN}, check: { interval: 200ms }`)).checks;
    assert.deepEqual([check?.timeoutMs, check?.fastIntervalMs, check?.downIntervalMs], [200, 100, 200]);
    const [shortest] = (await serviceOf(`${LISTEN}, check: { interval: 50ms }`)).checks;
    assert.equal(shortest?.fastIntervalMs, 50);
  });

  it('hold the probe as it is to be made', async () => {
    const [check] = (
      await serviceOf(
        `${LISTEN}, check: { address: "2001:DB8:0::9", source: eth0, port: 81, fwmark: 16, fast_interval: 1s, down_interval: 9s }`,
      )
    ).checks;
    assert.deepEqual(
      [
        check?.address,
        check?.source,
        check?.port,
        check?.fwmark,
        check?.fastIntervalMs,
        check?.downIntervalMs,
      ],
      ['2001:db8::9', 'eth0', 81, 16, 1000, 9000],
    );
  });

  it('fill in the defaults of their type, also deep inside, and make paths absolute', async () => {
    const [check] = (await serviceOf(`${LISTEN}, check: { type: http, tls: { ca: pki/ca.pem } }`)).checks;
    assert.deepEqual(check?.options, {
      path: '/',
      status: ['200-399'],
      tls: { ca: '/etc/sluice/pki/ca.pem', verify: true },
    });
  });

  it('have a fingerprint of the probe and its thresholds, whatever the order of keys', async () => {
    const print = async (check: string): Promise<string | undefined> =>
      (await serviceOf(`${LISTEN}, check: ${check}`)).checks[0]?.fingerprint;
    const one = await print('{ type: http, path: /a, host: h, rise: 2 }');
    assert.equal(await print('{ host: h, path: /a, type: http }'), one);
    assert.notEqual(await print('{ type: http, path: /b, host: h }'), one);
    assert.notEqual(await print('{ type: http, path: /a, host: h, rise: 3 }'), one);
    assert.notEqual(await print('{ type: http, path: /a, host: h, port: 1 }'), one);
  });
});

describe('endpoints', () => {
  it('have the address, port and weight that traffic meets', async () => {
    const { endpoints } = await serviceOf(
      `${LISTEN}, port: 8080, members: { b: { port: 9000, weight: 0, admin: drain } }`,
    );
    assert.deepEqual(
      endpoints.map(({ id, addresses, port, ports, weight, admin }) => ({
        id,
        addresses,
        port,
        ports,
        weight,
        admin,
      })),
      [
        {
          id: 'shop/web/a',
          addresses: { 4: '10.0.0.11' },
          port: 8080,
          ports: [8080],
          weight: 1,
          admin: 'enabled',
        },
        {
          id: 'shop/web/b',
          addresses: { 4: '10.0.0.12', 6: '2001:db8::12' },
          port: 9000,
          ports: [9000],
          weight: 0,
          admin: 'drain',
        },
      ],
    );
  });

  it('are those of a list, in the order of the cluster', async () => {
    const { endpoints } = await serviceOf(`${LISTEN}, members: [b, a]`);
    assert.deepEqual(
      endpoints.map(({ member }) => member),
      ['a', 'b'],
    );
    assert.equal((await serviceOf(`${LISTEN}, members: [b]`)).endpoints.length, 1);
  });

  it('keep every listened port where no port is said', async () => {
    const { endpoints, port } = await serviceOf(
      'listen: ["192.0.2.10:443", "192.0.2.10:80-82", "192.0.2.11:443"], backend: ideal, check: none',
    );
    assert.equal(port, null);
    assert.equal(endpoints[0]?.port, null);
    assert.deepEqual(endpoints[0]?.ports, [80, 81, 82, 443]);
    const [single] = (await serviceOf('listen: ["192.0.2.10:80", "192.0.2.11:80"]')).endpoints;
    assert.deepEqual([single?.port, single?.ports], [80, [80]]);
  });
});

describe('listens', () => {
  it('on an interface are of the families that all members serve', async () => {
    const both = await serviceOf('listen: "eth0:53/udp", backend: ideal, members: [b], check: none');
    assert.deepEqual(
      both.listens.map(({ family, address, interface: name, protocol }) => [family, address, name, protocol]),
      [
        [4, '', 'eth0', 'udp'],
        [6, '', 'eth0', 'udp'],
      ],
    );
    const one = await serviceOf('listen: "eth0:80", backend: ideal');
    assert.deepEqual(
      one.listens.map(({ family }) => family),
      [4],
    );
  });

  it('may go with a mark, or a mark stand alone', async () => {
    const marked = await serviceOf(`${LISTEN}, fwmark: "0x10/0xf0", backend: ideal`);
    assert.deepEqual(marked.fwmark, { mark: 16, mask: 240 });
    const alone = await serviceOf('fwmark: 7, port: 80, backend: ideal');
    assert.deepEqual(
      [alone.fwmark, alone.listens, alone.endpoints[0]?.ports],
      [{ mark: 7, mask: 0xffffffff }, [], [80]],
    );
  });
});
