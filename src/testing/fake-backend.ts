// SPDX-License-Identifier: MIT
import type { Backend, BackendPlugin, Capabilities } from '../plugin/api.js';
import type { ObjectSchema } from '../plugin/schema.js';
import { FakeEngine } from './fake-engine.js';

export interface FakeBackendOptions {
  /** Default `fake`. */
  readonly name?: string;
  /** Instead of the fake's, which can do everything and deals in slots. */
  readonly capabilities?: Partial<Capabilities>;
}

export interface FakeBackend {
  readonly plugin: BackendPlugin;
  /** What the plugin's backends work on: arrange troubles here, read what was asked, interfere. */
  readonly engine: FakeEngine;
}

/** A backend that holds its services in memory, for tests of everything around backends. */
export function fakeBackend(options: FakeBackendOptions = {}): FakeBackend {
  const capabilities = { ...EVERYTHING, ...options.capabilities };
  const engine = new FakeEngine(capabilities);
  const plugin: BackendPlugin = {
    kind: 'backend',
    apiVersion: 1,
    name: options.name ?? 'fake',
    description: 'Holds services in memory, for tests.',
    options: NO_OPTIONS,
    capabilities,
    create: () => backendOn(engine),
  };
  return { plugin, engine };
}

function backendOn(engine: FakeEngine): Backend {
  return {
    observe: (signal) => engine.observe(signal),
    render: ({ changes }) =>
      changes
        .map(({ key, after }) =>
          after === null ? `remove ${key}\n` : `hold ${key} ${JSON.stringify(after)}\n`,
        )
        .join(''),
    apply: (change, signal) => engine.apply(change, signal),
    onDrift: (report) => engine.listen(report),
    release: (mode, signal) => engine.release(mode, signal),
  };
}

const NO_OPTIONS: ObjectSchema = { type: 'object', properties: {}, additionalProperties: false };

const EVERYTHING: Capabilities = {
  atomic: 'service',
  families: [4, 6],
  protocols: ['tcp', 'udp'],
  forwarding: ['nat', 'route', 'tunnel', 'proxy'],
  schedulers: ['round-robin', 'random', 'source-hash'],
  schedulerAliases: { rr: 'round-robin', sh: 'source-hash' },
  schedulerFlags: [],
  slots: true,
  sourceNat: ['masquerade', 'address'],
  fwmark: 'masked',
  persistence: true,
  netmask: true,
  fallback: true,
  minUp: true,
  refuse: true,
  hold: true,
  rescue: true,
  limits: true,
  quiesce: true,
  draining: true,
  portRanges: true,
  listenInterface: true,
  translatesFamily: true,
  hygiene: true,
  slowStart: true,
  panic: true,
  flap: true,
};
