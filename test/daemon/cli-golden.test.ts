// SPDX-License-Identifier: MIT
/** What people see, word for word: `test/golden/cli/*.txt`. */
import { before, test } from 'node:test';
import type { Plan, Status } from '../../src/status.js';
import type { RealServer, VirtualService } from '../../src/virtual-service.js';
import { renderCheck } from '../../src/cli/render-check.js';
import { renderEvent } from '../../src/cli/render-event.js';
import { renderExplanation } from '../../src/cli/render-explain.js';
import { renderPlan } from '../../src/cli/render-plan.js';
import { renderStatus } from '../../src/cli/render-status.js';
import { EARLIER, FakeDaemon, NOW_MS, WENT_DOWN } from './fake-daemon.js';
import { matchesGolden } from './golden.js';

before(() => {
  process.env['TZ'] = 'UTC';
});

const WIDE = { color: false, columns: Number.POSITIVE_INFINITY, nowMs: NOW_MS };

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function status(api = new FakeDaemon()): Status {
  return { ...api.statusHead(), clusters: [api.shop] };
}

test('status, written to a file', () => matchesGolden('status.txt', text(renderStatus(status(), WIDE))));

test('status on a terminal of 80 columns', () => {
  matchesGolden('status-80.txt', text(renderStatus(status(), { ...WIDE, columns: 80 })));
});

test('status in colours', () => {
  matchesGolden('status-color.txt', text(renderStatus(status(), { ...WIDE, color: true })));
});

test('status of a daemon in trouble', () => {
  const api = new FakeDaemon();
  const { config } = api.statusHead();
  api.head = {
    unfit: 'the event loop was held for 412 ms',
    dry_run: true,
    config: { ...config, error: 'clusters.shop: unknown key "memebrs"' },
    backends: [
      {
        name: 'nftables',
        converged: false,
        last_applied_at: null,
        last_error: 'EPERM: run as root',
        services: 0,
      },
      { name: 'proxy', converged: false, last_applied_at: EARLIER, last_error: null, services: 1 },
    ],
    plugins: [
      { name: 'check/redis', version: '1.0.0', faults: 2, last_fault: 'probe threw \u001b[2JTypeError' },
    ],
    warnings: ['net.ipv4.ip_forward is 0: members on other hosts get no traffic; set it to 1'],
  };
  matchesGolden('status-trouble.txt', text(renderStatus(status(api), WIDE)));
});

for (const [name, id] of [
  ['explain-down', 'shop/http/b'],
  ['explain-drain', 'shop/http/c'],
] as const) {
  test(`${name}: ${id}`, () => {
    const explanation = new FakeDaemon().explain(id);
    matchesGolden(`${name}.txt`, text(explanation === null ? [] : renderExplanation(explanation, WIDE)));
  });
}

test('events', () => {
  const base = { id: 'b-1', at: WENT_DOWN };
  const lines = [
    renderEvent({ ...base, kind: 'start', subject: 'sluice', message: 'sluice 0.1.0' }, false),
    renderEvent(
      {
        ...base,
        kind: 'health',
        subject: 'shop/http/b',
        from: 'up',
        to: 'down',
        message: 'refused\u001b[2J',
      },
      false,
    ),
    renderEvent({ ...base, kind: 'fault', subject: 'check/redis', message: 'threw TypeError' }, false),
  ];
  matchesGolden('events.txt', text(lines));
});

test('check', async () => {
  const check = await new FakeDaemon().checkNow('shop/http/a', AbortSignal.timeout(1000));
  matchesGolden('check.txt', text(check === null ? [] : renderCheck(check, false)));
});

test('plan', () => matchesGolden('plan.txt', text(renderPlan(plan(), { color: false, rendered: true }))));

function server(last: number, endpoint: string, weight = 1): RealServer {
  return { address: `10.0.0.${last}`, port: 8080, weight, state: 'active', endpoint };
}

function service(name: string, port: number, members: readonly RealServer[]): VirtualService {
  return {
    key: `192.0.2.10:${port}/tcp`,
    service: `shop/${name}`,
    frontend: { kind: 'address', family: 4, address: '192.0.2.10', protocol: 'tcp', port, portLast: port },
    scheduler: { name: 'round-robin', flags: [] },
    forwarding: { mode: 'nat' },
    sourceNat: 'none',
    persistence: null,
    rescue: false,
    limits: null,
    members,
    slots: null,
  };
}

function plan(): Plan {
  const [a, b, c] = [server(11, 'shop/http/a'), server(12, 'shop/http/b'), server(13, 'shop/http/c')];
  const before = service('http', 80, [a, b]);
  const after: VirtualService = { ...before, members: [{ ...a, weight: 2 }, c], sourceNat: 'masquerade' };
  const added = service('secure', 443, [a]);
  const removed = service('old', 81, [b]);
  const empty = service('empty', 82, []);
  const dealt = { ...service('dealt', 83, [a, b]), slots: ['10.0.0.11:8080', '10.0.0.12:8080'] };
  const dealtAnew = { ...dealt, slots: ['10.0.0.11:8080', '10.0.0.11:8080', '10.0.0.12:8080'] };
  return {
    diagnostics: [],
    backends: [
      {
        name: 'nftables',
        error: null,
        rendered: 'add element inet sluice slots { … }\n',
        change: {
          changes: [
            {
              key: before.key,
              service: before.service,
              before,
              after,
              operations: [
                { op: 'change-service', fields: ['sourceNat'] },
                { op: 'add-member', member: c },
                { op: 'change-member', before: a, after: { ...a, weight: 2 } },
                { op: 'remove-member', member: b, reason: 'down' },
                { op: 'deal-slots', moved: 4, of: 12 },
              ],
            },
            {
              key: added.key,
              service: added.service,
              before: null,
              after: added,
              operations: [{ op: 'add-service' }, { op: 'add-member', member: a }],
            },
            {
              key: empty.key,
              service: empty.service,
              before: null,
              after: empty,
              operations: [{ op: 'add-service' }],
            },
            {
              key: dealt.key,
              service: dealt.service,
              before: dealt,
              after: dealtAnew,
              operations: [{ op: 'change-service', fields: ['slots'] }],
            },
            {
              key: removed.key,
              service: removed.service,
              before: removed,
              after: null,
              operations: [
                { op: 'remove-member', member: b, reason: 'unconfigured' },
                { op: 'remove-service', reason: 'unconfigured' },
              ],
            },
          ],
        },
      },
      { name: 'proxy', error: null, rendered: '', change: { changes: [] } },
      { name: 'ipvs', error: 'the module ip_vs is missing', rendered: '', change: { changes: [] } },
    ],
  };
}
