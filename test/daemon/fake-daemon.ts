// SPDX-License-Identifier: MIT
/** A DaemonApi without a daemon: a small shop with one member down, for the control server and the CLI. */
import type { AdminTarget, DaemonApi, Journal } from '../../src/daemon-api.js';
import { SluiceError } from '../../src/errors.js';
import type { Admin } from '../../src/model.js';
import type {
  AdminReport,
  CheckNow,
  ClusterStatus,
  EndpointStatus,
  Explanation,
  JournalEvent,
  Plan,
  ReloadReport,
  ResultStatus,
  ServiceStatus,
  Status,
} from '../../src/status.js';

export const EARLIER = '2026-11-20T10:00:00.000Z';
export const WENT_DOWN = '2026-11-21T02:14:07.250Z';
export const LATELY = '2026-11-21T02:26:01.000Z';
/** The "now" of golden texts. */
export const NOW_MS = Date.parse('2026-11-21T02:26:03.000Z');

const PASS: ResultStatus = { verdict: 'pass', at: LATELY, took_ms: 3.1, reason: 'http 200 in 3 ms' };
const FAIL: ResultStatus = { verdict: 'fail', at: LATELY, took_ms: 0.4, reason: 'connection refused' };

export class FakeJournal implements Journal {
  readonly #listeners = new Set<(event: JournalEvent) => void>();
  events: JournalEvent[] = [];
  readonly boot: string;
  #sequence = 0;
  constructor(boot: string) {
    this.boot = boot;
  }
  get listeners(): number {
    return this.#listeners.size;
  }
  add(event: Omit<JournalEvent, 'id' | 'at'> & { at?: string }): JournalEvent {
    this.#sequence++;
    const whole: JournalEvent = {
      id: `${this.boot}-${this.#sequence}`,
      at: new Date().toISOString(),
      ...event,
    };
    this.events.push(whole);
    for (const listener of this.#listeners) listener(whole);
    return whole;
  }
  since(id: string | null): readonly JournalEvent[] {
    const index = this.events.findIndex((event) => event.id === id);
    return this.events.slice(index + 1);
  }
  subscribe(listener: (event: JournalEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}

export class FakeDaemon implements DaemonApi {
  readonly journal: FakeJournal;
  readonly calls: unknown[] = [];
  shop: ClusterStatus = shopCluster();
  reloadReport: ReloadReport = { ok: true, generation: 5, diagnostics: [] };
  planReport: Plan = { diagnostics: [], backends: [] };
  head: Partial<Status> = {};
  constructor(boot = 'boot1') {
    this.journal = new FakeJournal(boot);
  }

  statusHead(): Omit<Status, 'clusters'> {
    return {
      version: '0.1.0',
      pid: 4711,
      role: 'active',
      started_at: EARLIER,
      generation: 4,
      config: { file: '/etc/sluice/sluice.yaml', loaded_at: EARLIER, error: null },
      unfit: null,
      dry_run: false,
      probing: { probes: 3, started: 1_200, late_ms: { p50: 2, p99: 7, max: 11 } },
      backends: [
        { name: 'nftables', converged: true, last_applied_at: WENT_DOWN, last_error: null, services: 2 },
      ],
      plugins: [{ name: 'check/http', version: '0.1.0', faults: 0, last_fault: null }],
      warnings: [],
      ...this.head,
    };
  }
  *clusters(): Iterable<Omit<ClusterStatus, 'services'> & { readonly services: Iterable<ServiceStatus> }> {
    yield this.shop;
  }
  explain(endpoint: string): Explanation | null {
    this.calls.push(['explain', endpoint]);
    for (const service of this.shop.services) {
      const found = service.endpoints.find(({ id }) => id === endpoint);
      if (found !== undefined) return explanation(found, `${this.shop.name}/${service.name}`, service);
    }
    return null;
  }
  async checkNow(endpoint: string, _signal: AbortSignal): Promise<CheckNow | null> {
    this.calls.push(['check', endpoint]);
    if (this.explain(endpoint) === null) return null;
    return {
      endpoint,
      probes: [
        {
          type: 'http',
          target: '10.0.0.11:8080',
          result: PASS,
          dialogue: ['> GET /healthz HTTP/1.1', '< HTTP/1.1 200 OK \u001b[31m'],
        },
      ],
    };
  }
  async setAdmin(target: AdminTarget, admin: Admin, forMs: number | null): Promise<AdminReport> {
    this.calls.push(['admin', target, admin, forMs]);
    const { cluster, service, member } = target;
    const endpoints = this.shop.services
      .filter(({ name }) => service === undefined || name === service)
      .flatMap((one) => one.endpoints.filter((endpoint) => endpoint.member === member).map(({ id }) => id));
    if (cluster !== this.shop.name || endpoints.length === 0) {
      throw new SluiceError('SLUICE_NOT_FOUND', `there is no member ${cluster}/${member}`);
    }
    return {
      target: [cluster, service, member].filter((part) => part !== undefined).join('/'),
      admin,
      until: forMs === null ? null : new Date(NOW_MS + forMs).toISOString(),
      endpoints,
    };
  }
  async reload(): Promise<ReloadReport> {
    this.calls.push(['reload']);
    return this.reloadReport;
  }
  async stop(mode: 'keep' | 'withdraw'): Promise<void> {
    this.calls.push(['stop', mode]);
  }
  async plan(source: { readonly file: string; readonly text: string } | null): Promise<Plan> {
    this.calls.push(['plan', source]);
    return this.planReport;
  }
}

export function endpoint(id: string, more: Partial<EndpointStatus> = {}): EndpointStatus {
  return {
    id,
    member: id.slice(id.lastIndexOf('/') + 1),
    address: '10.0.0.11',
    port: 8080,
    ports: [8080],
    state: 'up',
    admin: 'enabled',
    weight: 1,
    effective_weight: 1,
    in_rotation: true,
    since: EARLIER,
    reason: PASS.reason,
    last_result: PASS,
    ...more,
  };
}

function shopCluster(): ClusterStatus {
  const member = { admin: 'enabled', weight: 1, labels: {} } as const;
  return {
    name: 'shop',
    members: [
      { name: 'a', address: '10.0.0.11', addresses: ['10.0.0.11'], ...member, labels: { rack: 'r1' } },
      { name: 'b', address: '10.0.0.12', addresses: ['10.0.0.12'], ...member, labels: { rack: 'r2' } },
      { name: 'c', address: '2001:db8::13', addresses: ['2001:db8::13'], ...member, weight: 2 },
    ],
    services: [
      {
        name: 'http',
        state: 'degraded',
        backend: 'nftables',
        listen: ['192.0.2.10:80/tcp', '[2001:db8::10]:80/tcp'],
        fwmark: null,
        scheduler: 'round-robin',
        endpoints: [
          endpoint('shop/http/a'),
          endpoint('shop/http/b', {
            address: '10.0.0.12',
            state: 'down',
            effective_weight: 0,
            in_rotation: false,
            since: WENT_DOWN,
            reason: FAIL.reason,
            last_result: FAIL,
          }),
          endpoint('shop/http/c', {
            address: '2001:db8::13',
            weight: 2,
            effective_weight: 0,
            admin: 'drain',
            in_rotation: false,
          }),
        ],
      },
      {
        name: 'dns',
        state: 'up',
        backend: 'nftables',
        listen: ['192.0.2.10:53/udp'],
        fwmark: null,
        scheduler: 'source-hash',
        endpoints: [
          endpoint('shop/dns/a@10.0.0.11', { member: 'a', port: 53, ports: [53], reason: 'answered' }),
        ],
      },
    ],
  };
}

function explanation(found: EndpointStatus, id: string, service: ServiceStatus): Explanation {
  const down = found.state === 'down';
  return {
    endpoint: found,
    service: { id, state: service.state, listen: service.listen },
    admin: {
      configured: 'enabled',
      override:
        found.admin === 'enabled'
          ? null
          : { admin: found.admin, target: 'shop/c', since: WENT_DOWN, until: '2026-11-21T03:00:00.000Z' },
    },
    checks: [
      {
        type: 'http',
        target: `http://${found.address}:8080/healthz`,
        state: found.state,
        interval_ms: 2000,
        timeout_ms: 1000,
        rise: 2,
        fall: 3,
        streak: down ? 1 : 0,
        next_probe_in_ms: 400,
        shared_with: down ? [] : ['shop/secure/a'],
        results: down ? [PASS, { ...FAIL, at: WENT_DOWN }] : [PASS, PASS],
      },
    ],
    watches: down
      ? [
          {
            type: 'rst',
            on: 'verify',
            count: 3,
            within_ms: 1_000,
            signs: 4,
            last: { at: WENT_DOWN, kind: 'refused', reason: 'connection refused' },
            acted_at: WENT_DOWN,
          },
        ]
      : [],
    rule: {
      in_rotation: found.in_rotation,
      changed_at: down ? WENT_DOWN : null,
      reason: down ? 'removed: down' : 'there since the start',
    },
    summary: down
      ? `${found.id} is down: connection refused, 3 times in a row; one more pass brings it back`
      : `${found.id} is ${found.state} and ${found.in_rotation ? 'takes' : 'does not take'} new connections`,
  };
}
