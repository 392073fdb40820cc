// SPDX-License-Identifier: MIT
/** The grammar of sluice.yaml(5), from the core's own schema. */
import { isRecord } from '../../src/is-record.js';
import { COMMON_CHECK_KEYS } from '../../src/config/schema/check.js';
import { MEMBER } from '../../src/config/schema/cluster.js';
import { ROOT } from '../../src/config/schema/root.js';
import { SERVICE } from '../../src/config/schema/service.js';
import type { BackendPlugin, Capabilities, Plugin } from '../../src/plugin/api.js';
import type { Regions } from '../regions.js';
import { keyList } from './keys.js';

/** What a backend must be able to do for a key of a service to be of use. */
const CAPABILITY_OF_KEY: Readonly<Record<string, keyof Capabilities>> = {
  fwmark: 'fwmark',
  persistence: 'persistence',
  fallback: 'fallback',
  min_up: 'minUp',
  rescue: 'rescue',
  limits: 'limits',
  panic: 'panic',
  flap: 'flap',
  slow_start: 'slowStart',
  drain: 'draining',
};

export function configKeyRegions(plugins: readonly Plugin[]): Regions {
  const { clusters: _clusters, defaults, ...general } = ROOT.properties ?? {};
  // The keys of `defaults` are those of services, which have a list of their own.
  const defaultsAlone = { type: 'object', description: defaults?.description };
  const top = { type: 'object', properties: { ...general, defaults: defaultsAlone } };
  return new Map(
    Object.entries({
      'top-level keys': keyList(top, (key) => (key === 'http' ? NOT_YET : undefined)),
      'member keys': keyList(MEMBER, (key) => (key === 'resolve' ? NOT_YET : undefined)),
      'service keys': keyList(serviceAlone(), (key) => supportRemark(key, plugins)),
      'check keys': keyList({ type: 'object', properties: COMMON_CHECK_KEYS }),
    }).map(([name, lines]) => [name, lines.join('\n')]),
  );
}

/** Keys of which a backend may be able to do a part. */
const PARTLY: ReadonlySet<string> = new Set([
  'listen',
  'scheduler',
  'forwarding',
  'source_nat',
  'on_all_down',
  'on_down',
]);

const NOT_YET = 'This version understands the key and refuses it by name.';

/** Without the keys of checks, which are listed apart. */
function serviceAlone(): unknown {
  const { check, ...others } = SERVICE.properties ?? {};
  const checkAlone = { type: 'mapping', description: check?.description };
  return { ...SERVICE, properties: { ...others, check: checkAlone } };
}

function supportRemark(key: string, plugins: readonly Plugin[]): string | undefined {
  if (PARTLY.has(key)) return 'What a backend can do of it is in its table below.';
  if (key === 'watch') return plugins.some(({ kind }) => kind === 'watch') ? undefined : NOT_YET;
  const capability = Object.hasOwn(CAPABILITY_OF_KEY, key) ? CAPABILITY_OF_KEY[key] : undefined;
  if (capability === undefined) return undefined;
  const backends = plugins.filter((plugin): plugin is BackendPlugin => plugin.kind === 'backend');
  const able = backends.filter(({ capabilities }) => capabilities[capability] !== false);
  if (able.length === backends.length) return undefined;
  if (able.length === 0)
    return 'No backend of this version can do it: the key is understood and refused by name.';
  return `Only on: ${able.map(({ name }) => name).join(', ')}.`;
}

/** Every key of the grammar, wherever it stands, for tests. */
export function allConfigKeys(): ReadonlySet<string> {
  const keys = new Set<string>();
  const visit = (schema: unknown): void => {
    if (!isRecord(schema)) return;
    const { properties, anyOf, items, additionalProperties } = schema;
    for (const [key, value] of Object.entries(isRecord(properties) ? properties : {})) {
      keys.add(key);
      visit(value);
    }
    for (const branch of Array.isArray(anyOf) ? anyOf : []) visit(branch);
    visit(items);
    visit(additionalProperties);
  };
  visit(ROOT);
  for (const key of Object.keys(COMMON_CHECK_KEYS)) keys.add(key);
  return keys;
}
