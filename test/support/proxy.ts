// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ProxyBackend } from '../../plugins/backend-proxy/proxy-backend.js';
import type { ProxyOptions } from '../../plugins/backend-proxy/options.js';
import type { ApplyReport } from '../../src/change-set.js';
import { dealSlots } from '../../src/desired/deal.js';
import { diffServices } from '../../src/desired/diff.js';
import { slotCount } from '../../src/desired/slots.js';
import { systemClock } from '../../src/runtime/clock.js';
import { frontendKey, serverKey, type Protocol, type VirtualService } from '../../src/virtual-service.js';
import type { Peer } from './loopback.js';

export const never: AbortSignal = new AbortController().signal;

const OPTIONS: ProxyOptions = {
  connectTimeoutMs: 2_000,
  connectRetries: 2,
  maxConnections: 1_000,
  udpIdleMs: 60_000,
  maxFlows: 1_000,
};

export interface Wanted extends Peer {
  readonly protocol?: Protocol;
  readonly scheduler?: string;
  /** With a weight as third part. */
  readonly members: readonly (Peer & { readonly weight?: number })[];
}

/** A service as the core would compute it. */
export function service({ address, port, protocol = 'tcp', scheduler, members }: Wanted): VirtualService {
  const family = address.includes(':') ? 6 : 4;
  const frontend = { kind: 'address', family, address, protocol, port, portLast: port } as const;
  const name = scheduler ?? 'round-robin';
  const servers = members
    .map((member, index) => ({
      address: member.address,
      port: member.port,
      weight: member.weight ?? 1,
      state: 'active' as const,
      endpoint: `test/${port}/${index}`,
    }))
    .toSorted((a, b) => (serverKey(a) < serverKey(b) ? -1 : 1));
  const shares = servers.map((server) => ({ key: serverKey(server), weight: server.weight }));
  const count = slotCount(
    shares.map(({ weight }) => weight),
    name,
  );
  return {
    key: frontendKey(frontend),
    service: `test/${port}`,
    frontend,
    scheduler: { name, flags: [] },
    forwarding: { mode: 'proxy' },
    sourceNat: 'none',
    persistence: null,
    rescue: false,
    limits: null,
    members: servers,
    slots: dealSlots(shares, count, null),
  };
}

export interface Proxy {
  readonly backend: ProxyBackend;
  /** Applies what leads from what it holds to these services, and no others. */
  readonly hold: (...services: VirtualService[]) => Promise<ApplyReport>;
  /** The same, and nothing may be refused. */
  readonly must: (...services: VirtualService[]) => Promise<void>;
  readonly logged: string[];
}

/** A proxy backend that is withdrawn at the end of the test. */
export function proxy(t: TestContext, options: Partial<ProxyOptions> = {}): Proxy {
  const logged: string[] = [];
  const note = (_fields: object, message: string): void => void logged.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  const backend = new ProxyBackend({ clock: systemClock, log }, { ...OPTIONS, ...options });
  t.after(() => backend.release('withdraw'));
  const hold = async (...services: VirtualService[]): Promise<ApplyReport> => {
    const held = (await backend.observe(never)).services;
    return backend.apply(diffServices(byKey(held), byKey(services)), never);
  };
  const must = async (...services: VirtualService[]): Promise<void> => {
    assert.deepEqual((await hold(...services)).failed, []);
  };
  return { backend, hold, must, logged };
}

function byKey(services: readonly VirtualService[]): Map<string, VirtualService> {
  return new Map(services.map((one) => [one.key, one]));
}
