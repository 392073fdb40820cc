// SPDX-License-Identifier: MIT
/** The nftables backend on its own, and services made by hand, for tests. */
import plugin from '../../plugins/backend-nftables/index.js';
import { heldOf } from '../../plugins/backend-nftables/held.js';
import type { ChangeSet, ServiceChange } from '../../src/change-set.js';
import type { Backend, PluginContext, PluginLog } from '../../src/plugin/api.js';
import { systemClock } from '../../src/runtime/clock.js';
import { frontendKey, type AddressFrontend, type VirtualService } from '../../src/virtual-service.js';

export { plugin, heldOf };

const quiet: PluginLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** All that the backend needs of its host. */
export function backendContext(log: PluginLog = quiet): PluginContext {
  const context: Omit<PluginContext, 'hooks' | 'connect'> = {
    log,
    clock: systemClock,
    signal: new AbortController().signal,
    directory: '/',
  };
  return context as PluginContext;
}

export async function nftablesBackend(
  options: { table?: string; probe_timeouts?: boolean } = {},
): Promise<Backend> {
  return plugin.create(backendContext(), { table: 'sluice', probe_timeouts: true, ...options });
}

export const never: AbortSignal = new AbortController().signal;

type Changes = Partial<Pick<VirtualService, 'sourceNat' | 'service'>> & { scheduler?: string };

/** `virtual('192.0.2.10:80/tcp', ['10.9.2.2:8080', …])`, by default round robin. */
export function virtual(
  listen: string,
  slots: readonly string[],
  { scheduler = 'round-robin', ...changes }: Changes = {},
): VirtualService {
  const [, address = '', port, protocol] = /^\[?([^\]]*?)\]?:(\d+)\/(tcp|udp)$/.exec(listen) ?? [];
  const frontend: AddressFrontend = {
    kind: 'address',
    family: address.includes(':') ? 6 : 4,
    address,
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
    port: Number(port),
    portLast: Number(port),
  };
  const members = [...new Set(slots)].toSorted().map((key) => {
    const [, host = '', number] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(key) ?? [];
    const weight = slots.filter((slot) => slot === key).length;
    return { address: host, port: Number(number), weight, state: 'active' as const, endpoint: '' };
  });
  return {
    key: frontendKey(frontend),
    service: '',
    frontend,
    scheduler: { name: scheduler, flags: [] },
    forwarding: { mode: 'nat' },
    sourceNat: 'none',
    persistence: null,
    rescue: false,
    limits: null,
    members,
    slots,
    ...changes,
  };
}

/** From `before` to `after`, by key, without the steps for people. */
export function changeSet(before: readonly VirtualService[], after: readonly VirtualService[]): ChangeSet {
  const old = new Map(before.map((service) => [service.key, service]));
  const wanted = new Map(after.map((service) => [service.key, service]));
  const changes: ServiceChange[] = [];
  for (const key of new Set([...old.keys(), ...wanted.keys()])) {
    const [was, is] = [old.get(key) ?? null, wanted.get(key) ?? null];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    changes.push({ key, service: (is ?? was)!.service, before: was, after: is, operations: [] });
  }
  return { changes };
}

export function byKey(services: readonly VirtualService[]): VirtualService[] {
  return services.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}
