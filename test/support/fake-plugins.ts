// SPDX-License-Identifier: MIT
/** Plugins without behaviour, for tests of what surrounds plugins. */
import type {
  BackendPlugin,
  Capabilities,
  CheckPlugin,
  Plugin,
  PluginKind,
  WatchPlugin,
} from '../../src/plugin/api.js';
import { SluiceError } from '../../src/errors.js';
import type { PluginRegistry } from '../../src/plugin/registry.js';
import type { ObjectSchema } from '../../src/plugin/schema.js';

/** An engine that can do what the first nftables backend can. */
export const KERNEL_CAPABILITIES: Capabilities = {
  atomic: 'all',
  families: [4, 6],
  protocols: ['tcp', 'udp'],
  forwarding: ['nat'],
  schedulers: ['round-robin', 'random', 'source-hash'],
  schedulerAliases: { rr: 'round-robin', sh: 'source-hash' },
  schedulerFlags: [],
  slots: true,
  sourceNat: ['masquerade', 'address'],
  fwmark: false,
  persistence: false,
  netmask: false,
  fallback: false,
  minUp: false,
  refuse: true,
  hold: false,
  rescue: false,
  limits: false,
  quiesce: false,
  draining: false,
  portRanges: false,
  listenInterface: false,
  translatesFamily: false,
  hygiene: false,
  slowStart: false,
  panic: false,
  flap: false,
};

/** An engine that can do everything. */
export const FULL_CAPABILITIES: Capabilities = {
  ...KERNEL_CAPABILITIES,
  forwarding: ['nat', 'route', 'tunnel', 'proxy'],
  schedulerFlags: ['fallback', 'port'],
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
  hygiene: true,
  slowStart: true,
  panic: true,
  flap: true,
};

const NO_OPTIONS = { type: 'object', properties: {}, additionalProperties: false } as const;

export function fakeBackend(
  name: string,
  capabilities: Capabilities,
  options: ObjectSchema = NO_OPTIONS,
): BackendPlugin {
  return {
    kind: 'backend',
    apiVersion: 1,
    name,
    capabilities,
    options,
    create: () => ({
      observe: () => Promise.resolve({ services: [] }),
      render: () => '',
      apply: (change) => Promise.resolve({ applied: change.changes.map(({ key }) => key), failed: [] }),
      release: () => Promise.resolve(),
    }),
  };
}

export function fakeWatch(name: string, options: ObjectSchema = NO_OPTIONS): WatchPlugin {
  return {
    kind: 'watch',
    apiVersion: 1,
    name,
    options,
    create: () => ({ watch: () => Promise.resolve() }),
  };
}

export function fakeCheck(
  name: string,
  options: ObjectSchema = NO_OPTIONS,
  rest: Partial<Pick<CheckPlugin, 'validate' | 'protocols'>> = {},
): CheckPlugin {
  return {
    kind: 'check',
    apiVersion: 1,
    name,
    options,
    ...rest,
    create: () => ({ probe: () => Promise.resolve({ verdict: 'pass', reason: 'it always passes' }) }),
  };
}

/** A registry of these plugins; `addable` are those that the configuration may load, by specifier. */
export function fakeRegistry(
  plugins: readonly Plugin[],
  addable: Readonly<Record<string, Plugin>> = {},
): PluginRegistry {
  const all = [...plugins];
  const isOfKind =
    <K extends PluginKind>(kind: K, name: string) =>
    (plugin: Plugin): plugin is Extract<Plugin, { kind: K }> =>
      plugin.kind === kind && plugin.name === name;
  return {
    add(specifier) {
      const plugin = addable[specifier];
      if (plugin === undefined) {
        const message = `plugin ${specifier} cannot be used: there is no such file`;
        return Promise.reject(new SluiceError('SLUICE_CFG_PLUGIN', message));
      }
      all.push(plugin);
      return Promise.resolve(plugin);
    },
    names: (kind) => all.filter((plugin) => plugin.kind === kind).map(({ name }) => name),
    get: (kind, name) => Promise.resolve(all.find(isOfKind(kind, name))),
    loaded: () => all.map((plugin) => ({ plugin, origin: 'test' })),
  };
}

/** What most tests of configurations need: three backends and checks with options of many kinds. */
export function standardPlugins(): Plugin[] {
  return [
    fakeBackend('nftables', KERNEL_CAPABILITIES, {
      type: 'object',
      properties: {
        table: { type: 'string', pattern: '^[a-z]+$', default: 'sluice', description: 'The table.' },
      },
      additionalProperties: false,
    }),
    fakeBackend('proxy', { ...FULL_CAPABILITIES, forwarding: ['proxy'], translatesFamily: true }),
    fakeBackend('ideal', FULL_CAPABILITIES),
    fakeCheck(
      'tcp',
      {
        type: 'object',
        properties: {
          handshake: { type: 'string', enum: ['half', 'full'], description: 'How far to go.' },
          close: { type: 'boolean', default: false, description: 'Wait for the end.' },
        },
        additionalProperties: false,
      },
      { protocols: ['tcp'] },
    ),
    fakeCheck(
      'http',
      {
        type: 'object',
        properties: {
          path: { type: 'string', default: '/', description: 'The path.' },
          host: { type: 'string', description: 'The Host header.' },
          status: {
            type: 'array',
            items: { anyOf: [{ type: 'integer', minimum: 100, maximum: 599 }, { type: 'string' }] },
            default: ['200-399'],
            description: 'Wanted status codes.',
          },
          tls: {
            anyOf: [
              { type: 'boolean' },
              {
                type: 'object',
                properties: {
                  verify: { type: 'boolean', default: true, description: 'Verify.' },
                  ca: { type: 'string', format: 'file', description: 'CA file.' },
                },
                additionalProperties: false,
              },
            ],
            description: 'TLS.',
          },
        },
        additionalProperties: false,
      },
      {
        protocols: ['tcp'],
        validate: (options) =>
          String(options['path']).startsWith('/')
            ? []
            : [{ path: ['path'], message: 'the path must begin with /', hint: 'write /healthz' }],
      },
    ),
    fakeCheck(
      'udp',
      {
        type: 'object',
        properties: { send: { type: 'string', description: 'What to send.' } },
        additionalProperties: false,
      },
      { protocols: ['udp'] },
    ),
    fakeCheck('command', {
      type: 'object',
      properties: {
        command: { type: 'array', items: { type: 'string' }, minItems: 1, description: 'The argv.' },
      },
      required: ['command'],
      additionalProperties: false,
    }),
  ];
}

/** A registry of the standard plugins and `more`. */
export function standardRegistry(
  addable: Readonly<Record<string, Plugin>> = {},
  more: readonly Plugin[] = [],
): PluginRegistry {
  return fakeRegistry([...standardPlugins(), ...more], addable);
}

/** The standard one with plugins that misbehave, and one that a configuration may load: `./ldap.mjs`. */
export function goldenRegistry(): PluginRegistry {
  const ldap = fakeCheck('ldap', {
    type: 'object',
    properties: { base: { type: 'string', description: 'The base to search.' } },
    required: ['base'],
    additionalProperties: false,
  });
  const throwing = fakeCheck('throws', NO_OPTIONS, {
    validate: () => {
      throw new Error('out of order');
    },
  });
  const faulty = fakeCheck('bad-schema', {
    type: 'object',
    properties: { one: { type: 'string', pattern: '(' } },
    additionalProperties: false,
  });
  const lying = fakeCheck('lies', NO_OPTIONS, { validate: () => JSON.parse('[{"path": "none"}]') });
  const ambiguous = fakeCheck('ambiguous', {
    type: 'object',
    properties: {
      one: {
        anyOf: [
          { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false },
          {
            type: 'object',
            properties: { b: { type: 'integer' }, c: { type: 'integer' } },
            additionalProperties: false,
          },
        ],
      },
      text: {
        anyOf: [
          { type: 'string', enum: ['auto'] },
          { type: 'string', format: 'address' },
        ],
      },
      least: { type: 'number', minimum: 3 },
      most: { type: 'number', maximum: 3 },
      long: { type: 'string', minLength: 1 },
      short: { type: 'string', maxLength: 3 },
      steps: {
        type: 'array',
        maxItems: 2,
        items: {
          type: 'object',
          properties: { send: { type: 'string' }, expect: { type: 'string' } },
          maxProperties: 1,
          additionalProperties: false,
        },
      },
      regex: { type: 'string', format: 'regex' },
      file: { type: 'string', format: 'file' },
    },
    additionalProperties: false,
  });
  const poor = fakeBackend('poor', {
    ...KERNEL_CAPABILITIES,
    families: [4],
    protocols: ['tcp'],
    fwmark: 'exact',
    persistence: true,
    sourceNat: [],
    refuse: false,
    schedulers: ['random'],
  });
  const watch = fakeWatch('icmp', {
    type: 'object',
    properties: { codes: { type: 'array', items: { type: 'integer' }, default: [3] } },
    additionalProperties: false,
  });
  const more = [throwing, faulty, lying, ambiguous, poor, watch];
  return withBroken(standardRegistry({ './ldap.mjs': ldap }, more));
}

/** Every kind also has a plugin `broken` whose code can't be loaded. */
function withBroken(registry: PluginRegistry): PluginRegistry {
  return {
    ...registry,
    get: (kind, name) =>
      name === 'broken' ? Promise.reject(new Error('its module throws')) : registry.get(kind, name),
  };
}
