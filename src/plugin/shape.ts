// SPDX-License-Identifier: MIT
import { isRecord } from '../is-record.js';
import type { Capabilities, Plugin, PluginKind } from './api.js';

type Fields = Readonly<Record<string, unknown>>;

export const PLUGIN_KINDS = [
  'check',
  'watch',
  'backend',
  'role',
  'extension',
] as const satisfies readonly PluginKind[];

const DEFINE = 'defineCheck, defineWatch, defineBackend, defineRole or defineExtension';
const API_VERSION = 1;
const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** The type of each capability, as `typeof` says it; `list` is an array. */
const CAPABILITIES: Readonly<Record<keyof Capabilities, 'boolean' | 'string' | 'list' | 'object' | 'mark'>> =
  {
    atomic: 'string',
    families: 'list',
    protocols: 'list',
    forwarding: 'list',
    schedulers: 'list',
    schedulerAliases: 'object',
    schedulerFlags: 'list',
    slots: 'boolean',
    sourceNat: 'list',
    fwmark: 'mark',
    persistence: 'boolean',
    netmask: 'boolean',
    fallback: 'boolean',
    minUp: 'boolean',
    refuse: 'boolean',
    hold: 'boolean',
    rescue: 'boolean',
    limits: 'boolean',
    quiesce: 'boolean',
    draining: 'boolean',
    portRanges: 'boolean',
    listenInterface: 'boolean',
    translatesFamily: 'boolean',
    hygiene: 'boolean',
    slowStart: 'boolean',
    panic: 'boolean',
    flap: 'boolean',
  };

/** What keeps a module's default export from being a plugin, as a sentence about "it"; null: nothing. */
export function shapeProblem(exported: unknown): string | null {
  if (exported === undefined) return `it has no default export: export default what ${DEFINE} returns`;
  if (!isRecord(exported)) return `its default export is no plugin: export what ${DEFINE} returns`;
  return (
    headProblem(exported) ??
    optionsProblem(exported['options']) ??
    functionsProblem(exported) ??
    kindProblem(exported)
  );
}

export function isPlugin(exported: unknown): exported is Plugin {
  return shapeProblem(exported) === null;
}

function headProblem({ kind, name, apiVersion }: Fields): string | null {
  if (!PLUGIN_KINDS.some((known) => known === kind)) {
    return `its default export is no plugin (kind ${shown(kind)}): export what ${DEFINE} returns`;
  }
  if (typeof name !== 'string' || !NAME.test(name)) {
    return `its name ${shown(name)} is not made of 1 to 64 letters, digits, "_", "-" and "."`;
  }
  if (apiVersion !== API_VERSION) {
    return `it is written for version ${shown(apiVersion)} of the plugin API, and this sluice has version ${API_VERSION}`;
  }
  return null;
}

function optionsProblem(options: unknown): string | null {
  if (!isRecord(options)) return 'its options are missing: declare them as a JSON Schema of type object';
  const { type, properties, additionalProperties } = options;
  if (type !== 'object' || !isRecord(properties) || additionalProperties !== false) {
    return 'its options must be a JSON Schema with type: "object", properties, and additionalProperties: false';
  }
  return null;
}

function functionsProblem({ create, validate, version }: Fields): string | null {
  if (typeof create !== 'function') return 'it has no function create(context, options)';
  if (validate !== undefined && typeof validate !== 'function') return 'its validate is no function';
  if (version !== undefined && typeof version !== 'string') return 'its version is no string';
  return null;
}

function kindProblem({ kind, cost, protocols, capabilities }: Fields): string | null {
  if (kind === 'check') {
    if (cost !== undefined && cost !== 'socket' && cost !== 'process') {
      return `its cost ${shown(cost)} is neither "socket" nor "process"`;
    }
    if (protocols !== undefined && !Array.isArray(protocols)) return 'its protocols are no list';
  }
  if (kind !== 'backend') return null;
  if (!isRecord(capabilities)) return 'it has no capabilities';
  for (const [name, type] of Object.entries(CAPABILITIES)) {
    if (!isOfType(capabilities[name], type)) {
      return `its capability ${name} is ${shown(capabilities[name])} instead of ${EXPECTED[type]}`;
    }
  }
  return null;
}

const EXPECTED = {
  boolean: 'true or false',
  string: 'a string',
  list: 'a list',
  object: 'an object',
  mark: 'false, "exact" or "masked"',
} as const;

function isOfType(value: unknown, type: keyof typeof EXPECTED): boolean {
  if (type === 'list') return Array.isArray(value);
  if (type === 'object') return isRecord(value);
  if (type === 'mark') return value === false || value === 'exact' || value === 'masked';
  return typeof value === type;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  return value === undefined ? 'missing' : `of type ${typeof value}`;
}
